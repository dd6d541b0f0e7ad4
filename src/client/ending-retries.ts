import { setTimeout as sleep } from 'node:timers/promises';
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';

export interface EndingRetries {
  readonly interceptor: NonNullable<ConnectionOptions['interceptors']>[number];
  /** Stops repeating calls. Resolves when no call waits for its repetition; the connection may then be closed. */
  end(): Promise<void>;
}

/** Longest wait before a call is repeated, which bounds how long closing takes. */
const LONGEST_DELAY_MS = 1_000;

/**
 * Repeats calls that an unreachable or busy server did not accept, as the SDK does, but for connections that may be closed meanwhile. The SDK repeats
 * calls by a timer, and on a closed connection that throws where no code can catch it.
 */
export function createEndingRetries(): EndingRetries {
  const retries = defaultGrpcRetryOptions();
  let isEnding = false;
  let waitingUntil = 0;
  return {
    interceptor: makeGrpcRetryInterceptor({
      retryableDecider: (attempt, status) => !isEnding && retries.retryableDecider(attempt, status),
      delayFunction: (attempt, status) => {
        const delayMs = Math.min(retries.delayFunction(attempt, status), LONGEST_DELAY_MS);
        waitingUntil = Math.max(waitingUntil, performance.now() + delayMs);
        return delayMs;
      },
    }),
    async end() {
      isEnding = true;
      const restMs = waitingUntil - performance.now();
      // Timers may fire a little late.
      if (restMs > 0) await sleep(restMs + 20);
    },
  };
}
