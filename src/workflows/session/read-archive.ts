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
  // A user waits, so it is better to report that the archive is unavailable than to wait for it forever.
  scheduleToCloseTimeout: '20 seconds',
  heartbeatTimeout: '15 seconds',
});

/** Reads a branch from the archive, for clients that can reach only Temporal. */
export async function readArchivedPathWorkflow(request: ArchivedPathRequest): Promise<ArchivedPath> {
  return archive.readArchivedPath(request);
}

/** Reads turns of all branches. */
export async function readArchivedTurnsWorkflow(request: ArchivedTurnsRequest): Promise<ArchivedTurnsPage> {
  return archive.readArchivedTurns(request);
}

/** Usage of a user's answers. */
export async function readUserUsageWorkflow(request: UserUsageRequest): Promise<UserUsage> {
  return archive.readUserUsage(request);
}
