import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import type { CircuitBreaker } from '../../experts/circuit-breaker.js';
import { askRemoteExpert } from '../../experts/remote-expert.js';
import type { RemoteAnswer, RemoteExpertOptions, RemoteQuestion } from '../../experts/remote-expert.js';
import { withHeartbeat } from '../with-heartbeat.js';

export interface RemoteExpertInput extends RemoteQuestion {
  /** Default: `DEFAULT_REMOTE_TIMEOUT_MS`. Give the activity a little more. */
  readonly timeoutMs?: number;
}

export interface RemoteExpertActivities {
  /**
   * One attempt at a question to an expert on another machine: as long as it says in time that it thinks, it is waited for. Beats every
   * second; when cancelled, the connection is closed. Fails with an `Expert.*` type; those that may be tried again say when. An open circuit
   * outlasts a few quick attempts: allow for 10 s and more.
   */
  askRemoteExpert(input: RemoteExpertInput): Promise<RemoteAnswer>;
}

export interface RemoteExpertActivitiesOptions {
  /** Sent to all experts. */
  readonly token?: string;
  /** Default: one for this process. */
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
