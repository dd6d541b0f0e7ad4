import { proxyActivities } from '@temporalio/workflow';
import type { WorkPriority } from '../../src/domain/priorities.js';

export interface QueuedWork {
  readonly name: string;
  readonly priority?: WorkPriority;
}

/** Puts all of these on one queue at once, in this order, and waits until all are done. Workflow code: for tests of order. */
export async function queueWork(taskQueue: string, works: readonly QueuedWork[]): Promise<void> {
  const activities = (priority: WorkPriority | undefined) =>
    proxyActivities<{ serve(name: string): Promise<void> }>({
      taskQueue,
      startToCloseTimeout: '1 minute',
      ...(priority && { priority }),
    });
  await Promise.all(works.map(({ name, priority }) => activities(priority).serve(name)));
}
