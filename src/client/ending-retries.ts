import { setTimeout as sleep } from 'node:timers/promises';
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';

export interface EndingRetries {
  readonly interceptor: NonNullable<ConnectionOptions['interceptors']>[number];
  /** Repeats nothing from now on. Resolves when no call waits to be repeated: the connection may be closed then. */
  end(): Promise<void>;
}

/** For who waits for the end: no call waits longer for being repeated. */
const LONGEST_DELAY_MS = 1_000;

/**
 * The SDK's own retries of calls that a server away or busy did not take, for connections that may be closed meanwhile. Its own go on
 * by a timer, and on a closed connection that throws where nobody can catch it.
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
      // Timers may be a little late.
      if (restMs > 0) await sleep(restMs + 20);
    },
  };
}
