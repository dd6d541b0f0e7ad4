import type { Client } from '@temporalio/client';

/** source: temporal/api/enums/v1/task_queue.proto */
export const TASK_QUEUE_TYPE = { workflow: 1, activity: 2 } as const;
/** In milliseconds. A long poll lasts a minute by default, so a worker that has been silent for longer is gone. */
const POLLER_SEEN_WITHIN_MS = 70_000;

/**
 * Whether a worker is currently polling this queue.
 *
 * @param seenWithinMs longer than the server's long poll (`matching.longPollExpirationInterval`), in milliseconds
 */
export async function hasPoller(
  client: Client,
  name: string,
  taskQueueType: 1 | 2,
  seenWithinMs = POLLER_SEEN_WITHIN_MS,
): Promise<boolean> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  return (pollers ?? []).some(({ lastAccessTime }) => {
    return Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < seenWithinMs;
  });
}

/** The server's estimate of the number of tasks that wait in this queue. */
export async function waitingTasks(client: Client, name: string, taskQueueType: 1 | 2): Promise<number> {
  const { namespace } = client.options;
  const request = { namespace, taskQueue: { name }, taskQueueType, reportStats: true };
  const { stats } = await client.workflowService.describeTaskQueue(request);
  return Number(stats?.approximateBacklogCount ?? 0);
}
