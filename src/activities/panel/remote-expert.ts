import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import type { CircuitBreaker } from '../../experts/circuit-breaker.js';
import { askRemoteExpert } from '../../experts/remote-expert.js';
import type { RemoteAnswer, RemoteExpertOptions, RemoteQuestion } from '../../experts/remote-expert.js';
import { withHeartbeat } from '../with-heartbeat.js';

export interface RemoteExpertInput extends RemoteQuestion {
  /** Default: `DEFAULT_REMOTE_TIMEOUT_MS`. Give the activity a slightly longer timeout. */
  readonly timeoutMs?: number;
}

export interface RemoteExpertActivities {
  /**
   * Makes one attempt to ask an expert on another machine, and waits for as long as the expert reports in time that it is still thinking.
   * Sends a heartbeat every second; when cancelled, it closes the connection. Fails with an `Expert.*` type; failures that may be retried
   * say when. An open circuit outlasts a few quick attempts, so allow for 10 s or more.
   */
  askRemoteExpert(input: RemoteExpertInput): Promise<RemoteAnswer>;
}

export interface RemoteExpertActivitiesOptions {
  /** Bearer token, sent to all experts. */
  readonly token?: string;
  /** Default: one circuit breaker for this process. */
  readonly breaker?: CircuitBreaker;
}

export function createRemoteExpertActivities(options: RemoteExpertActivitiesOptions = {}): RemoteExpertActivities {
  return {
    askRemoteExpert: ({ timeoutMs, ...question }) =>
      withHeartbeat(async (signal) => {
        const startedAt = performance.now();
        const answer = await untilAnswered(question, { ...options, timeoutMs, signal });
        log.info('Remote expert answered', {
          url: question.url,
          durationMs: Math.round(performance.now() - startedAt),
        });
        return answer;
      }),
  };
}

async function untilAnswered(question: RemoteQuestion, options: RemoteExpertOptions): Promise<RemoteAnswer> {
  for (;;) {
    const reply = await askRemoteExpert(question, options);
    if ('response' in reply) return reply;
    await sleep(reply.retryAfterMs, undefined, { signal: options.signal });
  }
}
