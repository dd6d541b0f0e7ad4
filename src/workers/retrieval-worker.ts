import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { encodableErrors } from '../activities/encodable-errors.js';
import { HEARTBEAT_INTERVAL_MS } from '../activities/heartbeat.js';
import { createIngestionActivities } from '../activities/knowledge/ingestion.js';
import { createKnowledgeBaseActivities } from '../activities/knowledge/knowledge-bases.js';
import { createRetrievalActivities } from '../activities/knowledge/retrieval.js';
import type { RetrievalDependencies } from '../activities/knowledge/retrieval.js';
import { INGESTION_TASK_QUEUE, RETRIEVAL_TASK_QUEUE } from '../domain/task-queues.js';
import { openRetrieval } from './open-retrieval.js';
import type { OpenedWorker, WorkerSettings } from './opened-worker.js';

export interface RetrievalWorkerOptions extends RetrievalDependencies {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

export async function openRetrievalWorker({
  config,
  home,
  logger,
  stopSignal: signal,
}: WorkerSettings): Promise<OpenedWorker> {
  const onNotice = (line: string): void => logger.info(line);
  const fetching = { home, signal, onProgress: () => undefined, env: process.env, onNotice };
  const retrieval = openRetrieval({ config, home, onNotice, fetching });
  return {
    createWorkers: (connection, namespace) => createRetrievalWorkers({ ...retrieval, connection, namespace }),
    close: retrieval.close,
  };
}

/**
 * Creates the workers that read documents and search for all sessions. They need database and models only when there is something to do.
 */
export async function createRetrievalWorkers(options: RetrievalWorkerOptions): Promise<Worker[]> {
  const { connection, namespace } = options;
  const common = {
    connection,
    namespace,
    // Heartbeats carry cancellation, so this keeps the SDK from delaying them.
    defaultHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    maxHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '5 seconds',
    interceptors: { activity: [encodableErrors] },
  };
  return [
    await Worker.create({
      ...common,
      taskQueue: RETRIEVAL_TASK_QUEUE,
      activities: { ...createRetrievalActivities(options), ...createKnowledgeBaseActivities(options) },
      // These activities mostly wait for the web and the database.
      maxConcurrentActivityTaskExecutions: 16,
    }),
    await Worker.create({
      ...common,
      taskQueue: INGESTION_TASK_QUEUE,
      activities: { ...createIngestionActivities(options) },
      // These activities hold their texts in memory, and share one embedding model.
      maxConcurrentActivityTaskExecutions: 4,
    }),
  ];
}
