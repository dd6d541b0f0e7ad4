import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import { getStatusQuery } from '../workflows/session/session-messages.js';
import type { SessionSummary } from './session-summary.js';

/** Limit for sessions whose worker is not running, so that they do not delay a list. */
const LIMIT_MS = 3_000;
const ASKED_AT_ONCE = 20;

/**
 * Asks open sessions for their number of turns, because the server's index has it only in steps of 1, 2, 5, 10, … Sessions that do not respond within
 * `limitMs` in total stay unchanged. Keeps the order.
 */
export async function countTurns(
  client: Client,
  sessions: readonly SessionSummary[],
  limitMs = LIMIT_MS,
): Promise<SessionSummary[]> {
  const counted = new Map<string, number>();
  const waiting = sessions.filter(({ state }) => state === 'open').map(({ sessionId }) => sessionId);
  const over = new AbortController();
  const askNext = async (): Promise<void> => {
    for (let sessionId = waiting.shift(); sessionId !== undefined; sessionId = waiting.shift()) {
      if (over.signal.aborted) return;
      try {
        const { turnCount } = await client.workflow.getHandle(sessionWorkflowId(sessionId)).query(getStatusQuery);
        counted.set(sessionId, turnCount);
      } catch {
        // The session has ended meanwhile, or no worker runs it.
      }
    }
  };
  const asked = Promise.all(Array.from({ length: ASKED_AT_ONCE }, askNext));
  await Promise.race([asked, sleep(limitMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
  return sessions.map((session) => {
    const turnCount = counted.get(session.sessionId);
    return turnCount === undefined ? session : { ...session, turnCount, isCounted: true as const };
  });
}
