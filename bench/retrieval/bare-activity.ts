import { proxyActivities } from '@temporalio/workflow';

/** The least that a search could be: a workflow that hands its question to an activity and gives its answer. */

export interface BareSearchActivities {
  find(text: string): Promise<string>;
}

export async function bareSearchWorkflow(taskQueue: string, text: string): Promise<string> {
  const { find } = proxyActivities<BareSearchActivities>({ taskQueue, startToCloseTimeout: '1 minute' });
  return find(text);
}
