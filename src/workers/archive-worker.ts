import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createArchiveActivities } from '../activities/session/archive.js';
import { encodableErrors } from '../activities/encodable-errors.js';
import { createSessionAdminActivities } from '../activities/session/session-admin.js';
import type { OpenSessionsOf, OwnerOf, SessionTurns } from '../activities/session/archive.js';
import type { ConversationSource } from '../activities/session/conversations.js';
import { conversationOfPath } from '../domain/session/archive.js';
import type { TranscriptArchive } from '../archive/transcript-archive.js';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import { ARCHIVE_TASK_QUEUE } from '../domain/task-queues.js';
import { fitsFilter, sessionQuery } from '../client/session-query.js';
import { toSessionSummary } from '../client/session-summary.js';
import { getStatusQuery, getTurnsQuery } from '../workflows/session/session-messages.js';

export interface ArchiveWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly archive: TranscriptArchive;
}

/** Keeps closed turns. Needs the database only when there is something to do; run as many as you like. */
export async function createArchiveWorker({ connection, namespace, archive }: ArchiveWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    interceptors: { activity: [encodableErrors] },
    namespace,
    taskQueue: ARCHIVE_TASK_QUEUE,
    activities: {
      ...createArchiveActivities(
        archive,
        askSession(() => Context.current().client),
        listOpenSessions(() => Context.current().client),
        askOwner(() => Context.current().client),
      ),
      ...createSessionAdminActivities(),
    },
    // As many as the database takes connections from this process.
    maxConcurrentActivityTaskExecutions: 8,
    shutdownGraceTime: '5 seconds',
  });
}

/** Turns read at once for a prompt. */
const ARCHIVED_AT_ONCE = 200;

/** What workers of models read of it: the part of a conversation that the session no longer holds. */
export function archivedConversation(archive: TranscriptArchive | undefined): ConversationSource['fromArchive'] {
  return async (sessionId, { head, fromTurn }) => {
    if (archive === undefined)
      throw new Error(`Session "${sessionId}" has turns in an archive, but there is none here.`);
    return conversationOfPath(await archive.readPath(sessionId, head, { limit: ARCHIVED_AT_ONCE }), fromTurn);
  };
}

function askSession(client: () => Client): SessionTurns {
  return async (sessionId, request) => {
    try {
      return await client().workflow.getHandle(sessionWorkflowId(sessionId)).query(getTurnsQuery, request);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
}

function askOwner(client: () => Client): OwnerOf {
  return async (sessionId) => {
    try {
      return (await client().workflow.getHandle(sessionWorkflowId(sessionId)).query(getStatusQuery)).settings.userId;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
}

/** Open sessions of one user that are looked at. */
const MAX_OPEN_SESSIONS = 1_000;
const ASKED_AT_ONCE = 16;

/** A session that does not answer is left out: its turns count once they are archived. */
function listOpenSessions(client: () => Client): OpenSessionsOf {
  return async (userId) => {
    const { workflow } = client();
    const ids: string[] = [];
    try {
      const filter = { userId, status: 'open' } as const;
      for await (const each of workflow.list({ query: sessionQuery(filter), pageSize: MAX_OPEN_SESSIONS })) {
        const summary = toSessionSummary(each);
        if (summary !== undefined && fitsFilter(summary, filter)) ids.push(summary.sessionId);
        if (ids.length === MAX_OPEN_SESSIONS) break;
      }
    } catch (error) {
      // Where no worker for sessions has run yet, the server knows no users.
      Context.current().log.warn('Open sessions cannot be listed', { reason: String(error) });
    }
    const found: { sessionId: string; archivedThrough: number }[] = [];
    for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
      const asked = ids.slice(at, at + ASKED_AT_ONCE).map(async (sessionId) => {
        try {
          const { archivedThrough } = await workflow.getHandle(sessionWorkflowId(sessionId)).query(getStatusQuery);
          found.push({ sessionId, archivedThrough });
        } catch (error) {
          Context.current().log.warn('An open session does not answer', { sessionId, reason: String(error) });
        }
      });
      await Promise.all(asked);
    }
    return found;
  };
}
