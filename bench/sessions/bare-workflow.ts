import { condition, defineSignal, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

/** The least that a conversation could be: an update, an activity, its answer. What sessions cost is told beside what this costs. */

export interface BareActivities {
  answer(text: string): Promise<string>;
}

export const askUpdate = defineUpdate<string, [string]>('ask');
export const endSignal = defineSignal('end');

export async function bareWorkflow(taskQueue: string): Promise<void> {
  const { answer } = proxyActivities<BareActivities>({ taskQueue, startToCloseTimeout: '1 minute' });
  let ended = false;
  setHandler(askUpdate, (text) => answer(text));
  setHandler(endSignal, () => void (ended = true));
  await condition(() => ended);
}
