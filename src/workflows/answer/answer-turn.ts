import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { GenerationActivities } from '../../activities/session/generation.js';
import type { TurnFailure } from '../../domain/session/conversation.js';
import { isAnswerCheckpoint } from '../../domain/session/generation.js';
import type { GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import { longestPartial, partialIn } from '../../domain/session/partial-answer.js';
import type { PartialAnswer } from '../../domain/session/partial-answer.js';
import { checkpointOf, partialOfFailure, shownOf, stoppedAnswer } from './kept-text.js';
import { MODEL_WAIT_HOURS, notTakenUp, onModelWorkers } from './on-model-workers.js';
import type { TurnDispatch } from './on-model-workers.js';
import { stopSoftly } from './stop-softly.js';

const { generate } = proxyActivities<GenerationActivities>({
  // Long enough for a long answer of a large model on a CPU. The heartbeat, not this limit, detects a dead worker.
  startToCloseTimeout: '1 hour',
  // The activity sends a heartbeat every second. This is the longest time for which a reader waits before another worker continues.
  heartbeatTimeout: '6 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    // Short intervals, so that several dead workers in a row are only a pause for the reader. Many attempts, so that a model server that is down has
    // about six minutes to come back.
    maximumInterval: '10 seconds',
    maximumAttempts: 40,
  },
  // A cancelled turn keeps its text, so the workflow waits until the activity hands it over.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

/**
 * Lets a worker answer a turn; if another worker has to take over, it continues where the first one stopped. However the turn ends, the text that
 * readers saw is kept: as the answer of a stopped turn, otherwise in the details of the failure, for `toTurnFailure`.
 *
 * @throws {CancelledFailure} if it was stopped before it had any text
 */
export async function generateAnswer(input: GenerateInput, dispatch: TurnDispatch): Promise<GenerateOutput> {
  const scope = CancellationScope.current();
  let known: PartialAnswer | undefined;
  // Readers may have seen text even without a heartbeat, so the activity asks the stream when it resumes.
  const write = (): Promise<GenerateOutput> =>
    onModelWorkers(generate, input, dispatch, (details) => {
      known = longestPartial(known, partialIn(details));
      return { ...input, resumeFrom: isAnswerCheckpoint(details) ? details : { text: '', tokens: [] } };
    });
  try {
    return await stopSoftly(write, async () => void (known = longestPartial(known, await checkpointOf('generate'))));
  } catch (error) {
    const wasStopped = scope.consideredCancelled || isCancellation(error);
    const shown = await shownText(input, longestPartial(known, partialOfFailure(error)), { error, wasStopped });
    if (wasStopped && shown !== undefined) return stoppedAnswer(input, shown);
    if (wasStopped) throw isCancellation(error) ? error : new CancelledFailure(TURN_CANCELLED.message);
    const { partial: _, ...failure } = toTurnFailure(error, input.modelId);
    throw ApplicationFailure.create({ ...failure, nonRetryable: true, details: shown ? [shown] : [] });
  }
}

/** Nobody sees a draft. */
async function shownText(
  input: GenerateInput,
  known: PartialAnswer | undefined,
  end: Parameters<typeof shownOf>[2],
): Promise<PartialAnswer | undefined> {
  return input.purpose === 'draft' ? undefined : shownOf(input, known, end);
}

export const TURN_CANCELLED: TurnFailure = {
  type: 'TurnCancelled',
  message: 'The turn was stopped before it had any text.',
};

/** The failure for the reader of a transcript: the innermost cause that has a type. */
export function toTurnFailure(error: unknown, modelId: string): TurnFailure {
  if (isCancellation(error)) return TURN_CANCELLED;
  if (notTakenUp(error)) {
    return {
      type: 'Model.NotFound',
      message:
        `For ${MODEL_WAIT_HOURS} hours no worker has run model "${modelId}". Start one (colloquy worker model --model ${modelId}), or ` +
        'give the session another model (colloquy set ID --model NAME), then send the message again.',
    };
  }
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const shown = partialOfFailure(error);
    const partial = shown && { text: shown.text, ...(shown.thinking !== undefined && { thinking: shown.thinking }) };
    return { type: cause.type ?? 'Model.Unavailable', message: cause.message, ...(partial && { partial }) };
  }
  if (cause instanceof CancelledFailure) return TURN_CANCELLED;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return {
    type: 'Model.Unavailable',
    message: `Model "${modelId}" gave no answer: ${reason}. Send the message again.`,
  };
}
