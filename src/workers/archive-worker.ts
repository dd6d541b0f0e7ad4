import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createArchiveActivities } from '../activities/archive.js';
import type { SessionTurns } from '../activities/archive.js';
import type { TranscriptArchive } from '../archive/transcript-archive.js';
import { sessionWorkflowId } from '../domain/session-id.js';
import { ARCHIVE_TASK_QUEUE } from '../domain/task-queues.js';
import { getTurnsQuery } from '../workflows/session-messages.js';

export interface ArchiveWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly archive: TranscriptArchive;
}

/** Keeps closed turns. Needs the database only when there is something to do; run as many as you like. */
export async function createArchiveWorker({ connection, namespace, archive }: ArchiveWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: ARCHIVE_TASK_QUEUE,
    activities: createArchiveActivities(
      archive,
      askSession(() => Context.current().client),
    ),
    // As many as the database takes connections from this process.
    maxConcurrentActivityTaskExecutions: 8,
    shutdownGraceTime: '5 seconds',
  });
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
