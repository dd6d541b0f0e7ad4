import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import { getStatusQuery } from '../workflows/session/session-messages.js';
import type { SessionSummary } from './session-summary.js';

/** A list is not held up by sessions that nobody runs just now. */
const LIMIT_MS = 3_000;
const ASKED_AT_ONCE = 20;

/**
 * Asks open sessions how many turns they have: the server's index knows that at 1, 2, 5, 10, … alone. Sessions that do not answer within
 * `limitMs`, all of them together, stay as they are. In the order given.
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
        // It has ended meanwhile, or nobody runs it.
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
