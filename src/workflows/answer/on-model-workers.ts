import { ActivityFailure, TimeoutFailure } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import { turnPriority } from '../../domain/priorities.js';
import { modelTaskQueue } from '../../domain/task-queues.js';

/** How long the worker that holds the conversation may take to begin, before any worker of the model may take the turn. */
const OWN_WORKER_WAIT = '1500 milliseconds';
/** How long a turn waits for a worker of its model. */
export const MODEL_WAIT_HOURS = 24;

export interface TurnDispatch {
  readonly summary: string;
  /** Queue of the worker that holds the conversation, if any. */
  readonly workerQueue?: string;
  /** User whose share of the model it uses. */
  readonly userId: string;
}

interface ModelActivity<Input, Output> {
  executeWithOptions(options: ActivityOptions, args: [Input]): Promise<Output>;
}

/**
 * Runs an activity on the worker that has the conversation in its cache, or, if that worker is gone, draining or busy, on any worker of the model.
 *
 * @param goOn makes the second input from the last heartbeat of the earlier attempts, if there were any
 */
export async function onModelWorkers<Input extends { readonly modelId: string }, Output>(
  activity: ModelActivity<Input, Output>,
  input: Input,
  { summary, workerQueue, userId }: TurnDispatch,
  goOn: (details: unknown) => Input = () => input,
): Promise<Output> {
  const common = { summary, priority: turnPriority(userId) };
  let next = input;
  if (workerQueue !== undefined) {
    try {
      return await activity.executeWithOptions(
        { ...common, taskQueue: workerQueue, scheduleToStartTimeout: OWN_WORKER_WAIT },
        [input],
      );
    } catch (error) {
      const timeout = notTakenUp(error);
      if (timeout === undefined) throw error;
      next = goOn(timeout.lastHeartbeatDetails);
    }
  }
  return activity.executeWithOptions(
    { ...common, taskQueue: modelTaskQueue(input.modelId), scheduleToStartTimeout: `${MODEL_WAIT_HOURS} hours` },
    [next],
  );
}

/** The timeout that says that no worker started the activity, if this is the cause. */
export function notTakenUp(error: unknown): TimeoutFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START' ? cause : undefined;
}
