import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { HEARTBEAT_INTERVAL_MS } from '../activities/heartbeat.js';
import { createRetrievalActivities } from '../activities/retrieval.js';
import type { RetrievalDependencies } from '../activities/retrieval.js';
import { RETRIEVAL_TASK_QUEUE } from '../domain/task-queues.js';

export interface RetrievalWorkerOptions extends RetrievalDependencies {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** Searches for all sessions. Needs database and models only when there is something to do. */
export async function createRetrievalWorkers(options: RetrievalWorkerOptions): Promise<Worker[]> {
  const { connection, namespace } = options;
  const common = {
    connection,
    namespace,
    // Cancellation travels with the beats: let them pass.
    defaultHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    maxHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '5 seconds',
  } as const;
  return [
    await Worker.create({
      ...common,
      taskQueue: RETRIEVAL_TASK_QUEUE,
      activities: { ...createRetrievalActivities(options) },
      // They wait for the web and the database more than they work.
      maxConcurrentActivityTaskExecutions: 16,
    }),
  ];
}
