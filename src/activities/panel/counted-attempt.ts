import { ApplicationFailure, Context } from '@temporalio/activity';
import type { CompletionCheckpoint, CompletionInput } from '../../domain/panel/completion.js';
import { createDraft } from '../answer/draft.js';
import type { Draft } from '../answer/draft.js';
import { isCancelledByWorkflow } from '../answer/write-text.js';
import { toFailure } from '../to-failure.js';
import { withHeartbeat } from '../with-heartbeat.js';

/**
 * Runs one attempt at a step of a panel. It counts failures of the model separately from deaths of
 * workers, because only failures use up attempts.
 */
export async function countedAttempt<Output>(
  { maxAttempts }: Pick<CompletionInput, 'maxAttempts'>,
  action: (context: Context, draft: Draft) => Promise<Output>,
): Promise<Output> {
  const context = Context.current();
  const earlier: unknown = context.info.heartbeatDetails;
  const draft = createDraft(earlier);
  const failures = failuresOf(earlier);
  const checkpoint = (more = 0): CompletionCheckpoint => ({
    ...(draft.checkpoint() ?? { text: '', tokens: [] }),
    failures: failures + more,
  });
  return withHeartbeat(() => action(context, draft), {
    details: () => checkpoint(),
    failureOf: async (error) => {
      if (isCancelledByWorkflow(context)) await context.cancelled;
      const failure = toFailure(error);
      if (context.cancellationSignal.aborted) {
        // The worker shuts down or the server gave up the attempt; another attempt continues from here.
        context.heartbeat(checkpoint());
        return failure;
      }
      // Sent before the failure, because the next attempt would otherwise not count it.
      context.heartbeat(checkpoint(1));
      if (failures + 1 < maxAttempts || !(failure instanceof Error)) return failure;
      const type = failure instanceof ApplicationFailure ? failure.type : undefined;
      return ApplicationFailure.nonRetryable(failure.message, type ?? 'Model.Unavailable');
    },
  });
}

function failuresOf(details: unknown): number {
  if (typeof details !== 'object' || details === null || !('failures' in details)) return 0;
  return typeof details.failures === 'number' ? details.failures : 0;
}
