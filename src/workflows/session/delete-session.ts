import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../activities/session/archive.js';
import type { SessionAdminActivities } from '../../activities/session/session-admin.js';
import type { SummaryActivities } from '../../activities/session/summary.js';
import { ARCHIVE_TASK_QUEUE, modelTaskQueue } from '../../domain/task-queues.js';

export interface DeleteSessionInput {
  readonly sessionId: string;
  /** Models whose workers may have states of the conversation. */
  readonly modelIds: readonly string[];
  /** Deletes the session only if it belongs to this user or to none. Default: any owner. */
  readonly userId?: string;
}

export interface DeletedSession {
  readonly archivedTurns: number;
  /** Number of deleted runs of its workflow, with their histories. */
  readonly runs: number;
  /** Models without a worker; states of the conversation may remain on the disks of their machines. */
  readonly notAsked: readonly string[];
}

const admin = proxyActivities<ArchiveActivities & SessionAdminActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
});

const { forgetSession } = proxyActivities<SummaryActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToStartTimeout: '20 seconds',
  retry: { maximumAttempts: 5 },
});

/** Ends a session and deletes its turns in the archive, its states on disk, and finally the runs of its workflow. Its usage stays counted. */
export async function deleteSessionWorkflow(input: DeleteSessionInput): Promise<DeletedSession> {
  const { sessionId, modelIds, userId } = input;
  if (userId !== undefined) await assertOwner(sessionId, userId);
  await admin.terminateSession({ sessionId });
  const first = await admin.deleteArchivedSession({ sessionId });
  const notAsked: string[] = [];
  for (const modelId of modelIds) {
    try {
      await forgetSession.executeWithOptions({ taskQueue: modelTaskQueue(modelId) }, [{ sessionId, modelId }]);
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      notAsked.push(modelId);
    }
  }
  const { runs } = await admin.deleteRuns({ sessionId });
  // Turns that were on their way to the archive when the session was terminated have arrived by now.
  const last = await admin.deleteArchivedSession({ sessionId });
  return { archivedTurns: first.deleted + last.deleted, runs, notAsked };
}

async function assertOwner(sessionId: string, userId: string): Promise<void> {
  try {
    await admin.assertSessionOwner({ sessionId, userId });
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    throw ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'InvalidRequest');
  }
}
