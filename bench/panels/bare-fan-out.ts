import { executeChild, proxyActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor } from '@temporalio/workflow';

/** A panel's shape with nothing in it: what panels cost is told beside what this costs. */

export interface BareActivities {
  answer(text: string): Promise<string>;
}

export interface BareFanOut {
  /** Of the activities. */
  readonly taskQueue: string;
  readonly id: string;
  readonly children: number;
}

/** As a coordinator does: a step, all children at once, two steps. */
export async function bareFanOutWorkflow({ taskQueue, id, children }: BareFanOut): Promise<string> {
  const { answer } = activities(taskQueue);
  const plan = await answer('plan');
  const answers = await Promise.all(
    Array.from({ length: children }, (_, index) =>
      executeChild(bareChildWorkflow, { workflowId: `${id}/child/${index}`, args: [taskQueue, `${plan} ${index}`] }),
    ),
  );
  const verdict = await answer(answers.join(' '));
  return answer(verdict);
}

/** As an expert does: a step, and another about what came of it. */
export async function bareChildWorkflow(taskQueue: string, text: string): Promise<string> {
  const { answer } = activities(taskQueue);
  return answer(await answer(text));
}

function activities(taskQueue: string): ActivityInterfaceFor<BareActivities> {
  return proxyActivities<BareActivities>({ taskQueue, startToCloseTimeout: '1 minute' });
}
