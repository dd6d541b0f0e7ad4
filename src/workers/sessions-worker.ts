import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { encodableErrors } from '../activities/encodable-errors.js';
import { createKeptTextActivities } from '../activities/answer/kept-text.js';
import type { KeptTextDependencies } from '../activities/answer/kept-text.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { toolDigests } from '../tools/tool-digests.js';
import { ensureSearchAttributes } from './ensure-search-attributes.js';
import { openStream } from './open-stream.js';
import { openToolsWorker } from './tools-worker.js';
import type { OpenedWorker, WorkerSettings } from './opened-worker.js';

export interface SessionsWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Default: the bundle made by `npm run build`. */
  readonly workflowBundle?: WorkerOptions['workflowBundle'];
  /** 0 replays every workflow task from the history; for tests. Default: the SDK's own. */
  readonly maxCachedWorkflows?: number;
  /** The stream where readers follow answers. Default: none; then only the last checkpoint of an interrupted answer is kept. */
  readonly stream?: KeptTextDependencies;
  /** Sessions stay on one version until they continue as new. Default: none; any worker takes any session. */
  readonly version?: WorkerDeploymentVersion;
}

/** The bundle is in `dist/`, next to the folder of this file. */
const BUILT_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** Also runs the tools if asked to: they mostly wait for the network, so they need no process of their own. */
export async function openSessionsWorker(settings: WorkerSettings): Promise<OpenedWorker> {
  const { buildId, deploymentName } = settings.config;
  const version = buildId === undefined ? undefined : { deploymentName, buildId };
  const tools = settings.tools ? await openToolsWorker(settings) : undefined;
  // Needed to recover the shown text of answers that no worker ends.
  const stream = await openStream(settings);
  return {
    createWorkers: async (connection, namespace) => [
      await createSessionsWorker({
        connection,
        namespace,
        version,
        stream: { publisher: stream, subscriber: stream },
      }),
      ...((await tools?.createWorkers(connection, namespace)) ?? []),
    ],
    ready: tools && { tools: toolDigests(tools.registry.descriptions) },
    notice: version && `Takes sessions once it is current: colloquy deploy set-current ${buildId}`,
    close: () => stream.close(),
  };
}

/**
 * Creates the worker that runs the workflows of sessions. It needs no model and little memory; you may run any number of them. It registers
 * the search attributes of sessions if the namespace lacks them.
 *
 * @throws {ColloquyError} `Temporal.SearchAttributes` if it cannot register them
 */
export async function createSessionsWorker(options: SessionsWorkerOptions): Promise<Worker> {
  const { connection, namespace, workflowBundle = { codePath: BUILT_BUNDLE }, maxCachedWorkflows, version } = options;
  const { stream = {} } = options;
  await ensureSearchAttributes({ connection, namespace });
  return Worker.create({
    connection,
    interceptors: { activity: [encodableErrors] },
    namespace,
    taskQueue: SESSIONS_TASK_QUEUE,
    workflowBundle,
    // The only activities here are the local activities of the workflows.
    activities: createKeptTextActivities(stream),
    enableNonLocalActivities: false,
    ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
    ...(version && {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
    }),
  });
}
