import type { Client } from '@temporalio/client';

/** source: temporal/api/enums/v1/task_queue.proto */
export const TASK_QUEUE_TYPE = { workflow: 1, activity: 2 } as const;
/** A long poll lasts a minute; a worker not heard of for longer is gone. */
const POLLER_SEEN_WITHIN_MS = 70_000;

/** Whether a worker takes tasks from this queue just now. */
export async function hasPoller(client: Client, name: string, taskQueueType: 1 | 2): Promise<boolean> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  return (pollers ?? []).some(({ lastAccessTime }) => {
    return Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLER_SEEN_WITHIN_MS;
  });
}
