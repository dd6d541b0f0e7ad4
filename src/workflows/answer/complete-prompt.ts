import { proxyActivities } from '@temporalio/workflow';
import type { PanelActivities } from '../../activities/panel/panel.js';
import type {
  CallDecisionInput,
  CallDecisionOutput,
  CompletionInput,
  CompletionOutput,
} from '../../domain/panel/completion.js';
import { turnPriority } from '../../domain/priorities.js';
import { modelTaskQueue } from '../../domain/task-queues.js';

const { completePrompt, decideCall } = proxyActivities<PanelActivities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '6 seconds',
  // The number of dead workers is not limited. The activity counts failures of the model.
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 100,
  },
  // A stopped step keeps its text.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

interface Dispatch {
  readonly summary: string;
  /** User whose share of the model it uses. */
  readonly userId: string;
}

/** Runs a step of a panel on any worker of its model. */
export function writeStep(input: CompletionInput, dispatch: Dispatch): Promise<CompletionOutput> {
  return completePrompt.executeWithOptions(optionsOf(input, dispatch), [input]);
}

/** Asks whether an expert calls a tool next. */
export function decideStep(input: CallDecisionInput, dispatch: Dispatch): Promise<CallDecisionOutput> {
  return decideCall.executeWithOptions(optionsOf(input, dispatch), [input]);
}

function optionsOf({ modelId }: Pick<CompletionInput, 'modelId'>, { summary, userId }: Dispatch) {
  return { summary, taskQueue: modelTaskQueue(modelId), priority: turnPriority(userId) };
}
