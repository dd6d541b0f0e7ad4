import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createArchiveActivities } from '../activities/session/archive.js';
import { encodableErrors } from '../activities/encodable-errors.js';
import { createSessionAdminActivities } from '../activities/session/session-admin.js';
import type { ConversationSource } from '../activities/session/conversations.js';
import { conversationOfPath } from '../domain/session/archive.js';
import { createTranscriptArchive } from '../archive/transcript-archive.js';
import type { TranscriptArchive } from '../archive/transcript-archive.js';
import { connectDatabase } from '../database/connect-database.js';
import { ARCHIVE_TASK_QUEUE } from '../domain/task-queues.js';
import { openSessionsOf, ownerOf, turnsOf } from './ask-sessions.js';
import { locateDatabase } from './locate-database.js';
import type { OpenedWorker, WorkerSettings } from './opened-worker.js';

export interface ArchiveWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly archive: TranscriptArchive;
}

export async function openArchiveWorker({ config, home }: WorkerSettings): Promise<OpenedWorker> {
  const database = connectDatabase(locateDatabase(config, home));
  const archive = createTranscriptArchive(database);
  return {
    createWorkers: async (connection, namespace) => [await createArchiveWorker({ connection, namespace, archive })],
    close: () => database.close(),
  };
}

/** Creates the worker that archives closed turns. It needs the database only when there is something to do; you may run several. */
export async function createArchiveWorker({ connection, namespace, archive }: ArchiveWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    interceptors: { activity: [encodableErrors] },
    namespace,
    taskQueue: ARCHIVE_TASK_QUEUE,
    activities: {
      ...createArchiveActivities(archive, turnsOf, openSessionsOf, ownerOf),
      ...createSessionAdminActivities(),
    },
    // Equals the number of database connections of this process.
    maxConcurrentActivityTaskExecutions: 8,
    shutdownGraceTime: '5 seconds',
  });
}

/** Number of turns read at once for a prompt. */
const ARCHIVED_AT_ONCE = 200;

/** The part of the archive that model workers read: the part of a conversation that the session no longer holds. */
export function archivedConversation(archive: TranscriptArchive | undefined): ConversationSource['fromArchive'] {
  return async (sessionId, { head, fromTurn }) => {
    if (archive === undefined)
      throw new Error(`Session "${sessionId}" has turns in an archive, but there is none here.`);
    return conversationOfPath(await archive.readPath(sessionId, head, { limit: ARCHIVED_AT_ONCE }), fromTurn);
  };
}
