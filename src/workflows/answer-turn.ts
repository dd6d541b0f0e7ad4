import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { GenerationActivities } from '../activities/generation.js';
import type { TurnFailure } from '../domain/conversation.js';
import { isAnswerCheckpoint } from '../domain/generation.js';
import type { GenerateInput, GenerateOutput } from '../domain/generation.js';
import { MODEL_WAIT_HOURS, notTakenUp, onModelWorkers } from './on-model-workers.js';
import type { TurnDispatch } from './on-model-workers.js';

const { generate } = proxyActivities<GenerationActivities>({
  // Long enough for a long answer of a large model on a CPU; a dead worker is noticed by the heartbeat, not by this.
  startToCloseTimeout: '1 hour',
  // The activity beats every second. This is how long a reader waits, at worst, before another worker goes on.
  heartbeatTimeout: '6 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 20,
  },
  // A cancelled turn keeps what was written so far, so wait until the activity hands it over.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

/** Has a turn answered; another worker that must take over goes on where the first stopped. */
export function generateAnswer(input: GenerateInput, dispatch: TurnDispatch): Promise<GenerateOutput> {
  // Also without a beat readers may have been shown something: the activity asks the stream when it resumes.
  return onModelWorkers(generate, input, dispatch, (details) => ({
    ...input,
    resumeFrom: isAnswerCheckpoint(details) ? details : { text: '', tokens: [] },
  }));
}

export const TURN_CANCELLED: TurnFailure = {
  type: 'TurnCancelled',
  message: 'The turn was stopped before it had any text.',
};

/** The failure as the reader of a transcript needs it: the innermost cause that has a type. */
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
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Model.Unavailable', message: cause.message };
  if (cause instanceof CancelledFailure) return TURN_CANCELLED;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return {
    type: 'Model.Unavailable',
    message: `Model "${modelId}" gave no answer: ${reason}. Send the message again.`,
  };
}
