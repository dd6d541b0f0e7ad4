import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { GenerationActivities } from '../activities/generation.js';
import type { TurnFailure } from '../domain/conversation.js';
import { isAnswerCheckpoint } from '../domain/generation.js';
import type { AnswerCheckpoint, GenerateInput, GenerateOutput } from '../domain/generation.js';
import { turnPriority } from '../domain/priorities.js';
import { modelTaskQueue } from '../domain/task-queues.js';

/** How long the worker that holds the conversation may take to begin; then any worker of the model does. */
const OWN_WORKER_WAIT = '1500 milliseconds';
/** How long a turn waits while nobody runs its model at all. */
const MODEL_WAIT_HOURS = 24;

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

export interface TurnDispatch {
  readonly summary: string;
  /** Queue of the worker that holds the conversation, if one does. */
  readonly workerQueue?: string;
  readonly userId?: string;
}

/**
 * Has a turn answered: by the worker that holds the conversation in its cache; when that is gone, draining or busy, by any worker of
 * the model, which goes on where the other stopped.
 */
export async function generateAnswer(input: GenerateInput, dispatch: TurnDispatch): Promise<GenerateOutput> {
  const { summary, workerQueue, userId } = dispatch;
  const common = { summary, priority: turnPriority(userId) };
  let resumeFrom: AnswerCheckpoint | undefined;
  if (workerQueue !== undefined) {
    try {
      return await generate.executeWithOptions(
        { ...common, taskQueue: workerQueue, scheduleToStartTimeout: OWN_WORKER_WAIT },
        [input],
      );
    } catch (error) {
      const timeout = notTakenUp(error);
      if (timeout === undefined) throw error;
      // An attempt before may have written something until its worker died.
      const details: unknown = timeout.lastHeartbeatDetails;
      resumeFrom = isAnswerCheckpoint(details) ? details : { text: '', tokens: [] };
    }
  }
  return generate.executeWithOptions(
    { ...common, taskQueue: modelTaskQueue(input.modelId), scheduleToStartTimeout: `${MODEL_WAIT_HOURS} hours` },
    [{ ...input, ...(resumeFrom && { resumeFrom }) }],
  );
}

/** The timeout that says that no worker took the activity up, if that is what happened. */
export function notTakenUp(error: unknown): TimeoutFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START' ? cause : undefined;
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
