import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { OpenSessionsOf, OwnerOf, SessionTurns } from '../activities/session/archive.js';
import type { ConversationSource, FetchToolCalls } from '../activities/session/conversations.js';
import { fitsFilter, sessionQuery } from '../client/session-query.js';
import { toSessionSummary } from '../client/session-summary.js';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import {
  getConversationQuery,
  getStatusQuery,
  getToolCallsQuery,
  getTurnsQuery,
} from '../workflows/session/session-messages.js';

/** Queries from activities to sessions, through the client of the calling activity. They add no event to histories. */

/**
 * A session answers within milliseconds. Without a limit, a server that is up but does not reply would block an
 * answer whose worker still sends heartbeats.
 */
const QUESTION_LIMIT_MS = 30_000;

export const conversationOf: ConversationSource['fromSession'] = (sessionId, request) =>
  inTime((client) => sessionOf(client, sessionId).query(getConversationQuery, request));

export const toolCallsOf: FetchToolCalls = (sessionId, turn) =>
  inTime((client) => sessionOf(client, sessionId).query(getToolCallsQuery, { turn }));

/** Undefined if the session does not exist. */
export const turnsOf: SessionTurns = (sessionId, request) =>
  ifFound(() => sessionOf(Context.current().client, sessionId).query(getTurnsQuery, request));

export const ownerOf: OwnerOf = async (sessionId) =>
  (await ifFound(() => sessionOf(Context.current().client, sessionId).query(getStatusQuery)))?.settings.userId;

/** Maximum number of open sessions of one user to query. */
const MAX_OPEN_SESSIONS = 1_000;
const ASKED_AT_ONCE = 16;

/** Omits sessions that do not answer; their turns count once they are archived. */
export const openSessionsOf: OpenSessionsOf = async (userId) => {
  const { client, log } = Context.current();
  const ids: string[] = [];
  try {
    const filter = { userId, status: 'open' } as const;
    for await (const each of client.workflow.list({ query: sessionQuery(filter), pageSize: MAX_OPEN_SESSIONS })) {
      const summary = toSessionSummary(each);
      if (summary !== undefined && fitsFilter(summary, filter)) ids.push(summary.sessionId);
      if (ids.length === MAX_OPEN_SESSIONS) break;
    }
  } catch (error) {
    // Until a worker for sessions has run, the server lacks the search attribute for users.
    log.warn('Open sessions cannot be listed', { reason: String(error) });
  }
  const found: { sessionId: string; archivedThrough: number }[] = [];
  for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
    const asked = ids.slice(at, at + ASKED_AT_ONCE).map(async (sessionId) => {
      try {
        const { archivedThrough } = await sessionOf(client, sessionId).query(getStatusQuery);
        found.push({ sessionId, archivedThrough });
      } catch (error) {
        log.warn('An open session does not answer', { sessionId, reason: String(error) });
      }
    });
    await Promise.all(asked);
  }
  return found;
};

function sessionOf({ workflow }: Client, sessionId: string): WorkflowHandle {
  return workflow.getHandle(sessionWorkflowId(sessionId));
}

function inTime<T>(ask: (client: Client) => Promise<T>): Promise<T> {
  const { client } = Context.current();
  return client.withDeadline(Date.now() + QUESTION_LIMIT_MS, () => ask(client));
}

async function ifFound<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
