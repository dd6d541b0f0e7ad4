import { proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../activities/session/archive.js';
import type {
  ArchivedPath,
  ArchivedPathRequest,
  ArchivedTurnsPage,
  ArchivedTurnsRequest,
  UserUsage,
  UserUsageRequest,
} from '../../domain/session/archive.js';
import { ARCHIVE_TASK_QUEUE } from '../../domain/task-queues.js';

const archive = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '1 minute',
  // Somebody waits: better say that the archive is away than wait for it for ever.
  scheduleToCloseTimeout: '20 seconds',
  heartbeatTimeout: '15 seconds',
});

/** Reads a branch from the archive, for clients that can reach Temporal alone. */
export async function readArchivedPathWorkflow(request: ArchivedPathRequest): Promise<ArchivedPath> {
  return archive.readArchivedPath(request);
}

/** Reads turns of all branches. */
export async function readArchivedTurnsWorkflow(request: ArchivedTurnsRequest): Promise<ArchivedTurnsPage> {
  return archive.readArchivedTurns(request);
}

/** What a user's answers have cost. */
export async function readUserUsageWorkflow(request: UserUsageRequest): Promise<UserUsage> {
  return archive.readUserUsage(request);
}
