import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { encodableErrors } from '../activities/encodable-errors.js';
import { HEARTBEAT_INTERVAL_MS } from '../activities/heartbeat.js';
import { createRemoteExpertActivities } from '../activities/panel/remote-expert.js';
import { createToolActivities } from '../activities/tools/tools.js';
import { TOOLS_TASK_QUEUE } from '../domain/task-queues.js';
import { loadTools } from '../tools/load-tools.js';
import type { ToolRegistry } from '../tools/tool-registry.js';
import type { OpenedWorker, WorkerSettings } from './opened-worker.js';

export interface ToolsWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly registry: ToolRegistry;
  /** Token sent to experts on other machines. */
  readonly expertToken?: string;
  /** Number of calls at once; others wait in the queue. Default: 20. */
  readonly maxConcurrentCalls?: number;
  /** Default: `TOOLS_TASK_QUEUE`. For tests. */
  readonly taskQueue?: string;
}

export async function openToolsWorker({
  config,
}: Pick<WorkerSettings, 'config'>): Promise<OpenedWorker & { readonly registry: ToolRegistry }> {
  const { tools: modules, fetchAllow, expertToken } = config;
  const registry = await loadTools({ modules, fetchAllow });
  return {
    registry,
    createWorkers: async (connection, namespace) => [
      await createToolsWorker({ connection, namespace, registry, expertToken }),
    ],
    close: () => Promise.resolve(),
  };
}

/**
 * Creates the worker that runs the tools for all sessions, and the calls to experts on other machines, which wait for the network as tools
 * do. Every worker on the queue must have the same tools.
 */
export async function createToolsWorker(options: ToolsWorkerOptions): Promise<Worker> {
  const {
    connection,
    namespace,
    registry,
    expertToken,
    maxConcurrentCalls = 20,
    taskQueue = TOOLS_TASK_QUEUE,
  } = options;
  return Worker.create({
    connection,
    interceptors: { activity: [encodableErrors] },
    namespace,
    taskQueue,
    activities: { ...createToolActivities(registry), ...createRemoteExpertActivities({ token: expertToken }) },
    maxConcurrentActivityTaskExecutions: maxConcurrentCalls,
    // Heartbeats carry cancellation, so this keeps the SDK from delaying them.
    defaultHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    maxHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    // Most calls end within this time. The others are stopped, and retried if permitted.
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '5 seconds',
  });
}
