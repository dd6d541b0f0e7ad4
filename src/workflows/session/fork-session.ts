import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../activities/session/archive.js';
import type { CopiedBranch, CopyBranchInput } from '../../domain/session/archive.js';
import { beginWithBranch } from '../../domain/session/session-branches.js';
import { titleOf } from '../../domain/session/session-details.js';
import { ARCHIVE_TASK_QUEUE } from '../../domain/task-queues.js';
import type { ForkOf, SessionRun } from './session-run.js';

const { copyBranch } = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
});

/** Copies a branch of another session to the beginning of this one. Messages wait meanwhile. */
export async function forkSession(run: SessionRun, { sessionId: from, turn, title }: ForkOf): Promise<void> {
  const branch = await copied({ from, turn, to: run.sessionId, userId: run.state.settings.userId });
  run.state = beginWithBranch(run.state, branch);
  run.setTitle(titleOf(`Fork of ${title ?? from}`));
  run.isReady = true;
}

/** Ends a session whose fork failed, with the reason. */
async function copied(branch: CopyBranchInput): Promise<CopiedBranch> {
  try {
    return await copyBranch(branch);
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    throw ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'SessionNotFound');
  }
}
