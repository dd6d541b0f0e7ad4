import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createArchiveActivities } from '../activities/archive.js';
import type { TranscriptArchive } from '../archive/transcript-archive.js';
import { ARCHIVE_TASK_QUEUE } from '../domain/task-queues.js';

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
    activities: createArchiveActivities(archive),
    // As many as the database takes connections from this process.
    maxConcurrentActivityTaskExecutions: 8,
    shutdownGraceTime: '5 seconds',
  });
}
