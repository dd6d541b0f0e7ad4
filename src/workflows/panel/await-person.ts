import { condition } from '@temporalio/workflow';
import type { PendingReview, ReviewDecision } from '../../domain/panel/status.js';
import type { PanelRun } from './panel-run.js';

const DEFAULT_REVIEW_SECONDS = 24 * 60 * 60;

/** Waits for a person's decision. Undefined if nobody decided in time. */
export async function awaitPerson(
  run: PanelRun,
  asked: Omit<PendingReview, 'reviewId'>,
): Promise<ReviewDecision | undefined> {
  const { deadlineMs, workUntilMs, activity: before } = run;
  const { review = {} } = run.input;
  const untilMs = asked.kind === 'result' ? deadlineMs : workUntilMs;
  const waitMs = Math.min((review.waitSeconds ?? DEFAULT_REVIEW_SECONDS) * 1000, untilMs - Date.now());
  if (waitMs <= 0) return undefined;
  run.pending = { ...asked, reviewId: `${asked.kind}-${run.nextStepNumber()}` };
  run.decision = undefined;
  run.activity = 'awaiting-person';
  run.show();
  await condition(() => run.decision !== undefined || run.isCancelled, waitMs);
  run.pending = undefined;
  run.activity = before;
  run.show();
  return run.decision;
}
