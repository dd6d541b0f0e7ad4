import { connect } from '../client/connect.js';
import { TASK_QUEUE_TYPE, hasPoller } from '../client/has-poller.js';
import {
  ARCHIVE_TASK_QUEUE,
  INGESTION_TASK_QUEUE,
  RETRIEVAL_TASK_QUEUE,
  SESSIONS_TASK_QUEUE,
  TOOLS_TASK_QUEUE,
  modelTaskQueue,
} from '../domain/task-queues.js';
import type { Finding } from './finding.js';

const { workflow, activity } = TASK_QUEUE_TYPE;

/**
 * Checks which kinds of worker take tasks, according to the server: the existence of a process does not show that it works.
 *
 * @param models ids of the models that the running stack serves; without a stack, a missing worker is a note instead of a fault
 * @param seenWithinMs see `hasPoller`
 */
export async function examineWorkers(
  where: { readonly address: string; readonly namespace: string },
  models: readonly string[],
  seenWithinMs?: number,
): Promise<Finding[]> {
  const queues: readonly (readonly [string, string, 1 | 2])[] = [
    ['sessions', SESSIONS_TASK_QUEUE, workflow],
    ...models.map((modelId) => [`model ${modelId}`, modelTaskQueue(modelId), activity] as const),
    ['tools', TOOLS_TASK_QUEUE, activity],
    ['archive', ARCHIVE_TASK_QUEUE, activity],
    ['retrieval', RETRIEVAL_TASK_QUEUE, activity],
    ['ingestion', INGESTION_TASK_QUEUE, activity],
  ];
  try {
    const client = await connect(where);
    try {
      const polled = await Promise.all(
        queues.map(([, name, type]) => hasPoller(client.temporal, name, type, seenWithinMs)),
      );
      return queues.map(([worker, queue], index) =>
        findingOf(worker, queue, polled[index] === true, models.length > 0),
      );
    } finally {
      await client.close();
    }
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return [{ state: 'fault', subject: 'workers', found: `the server does not say who takes tasks: ${found}` }];
  }
}

function findingOf(worker: string, queue: string, isPolled: boolean, isStack: boolean): Finding {
  const subject = `${worker} worker`;
  if (isPolled) return { state: 'ok', subject, found: `takes tasks from ${queue}` };
  const found = `no worker took tasks from ${queue} in the last minute`;
  if (!isStack) return { state: 'note', subject, found };
  const advice =
    'Its log in the data folder says why. Stop the stack, also when this process is still there, and start it again by "colloquy start".';
  return { state: 'fault', subject, found, advice };
}
