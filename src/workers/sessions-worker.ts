import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { encodableErrors } from '../activities/encodable-errors.js';
import { createKeptTextActivities } from '../activities/answer/kept-text.js';
import type { KeptTextDependencies } from '../activities/answer/kept-text.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { ensureSearchAttributes } from './ensure-search-attributes.js';

export interface SessionsWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Default: the bundle that `npm run build` makes. */
  readonly workflowBundle?: WorkerOptions['workflowBundle'];
  /** 0 replays every workflow task from the history: for tests. Default: the SDK's own. */
  readonly maxCachedWorkflows?: number;
  /** Where readers follow answers. Default: nowhere; then of an answer that was broken off only the last checkpoint is kept. */
  readonly stream?: KeptTextDependencies;
  /** Sessions stay on a version until they continue as new. Default: none, and any worker takes any session. */
  readonly version?: WorkerDeploymentVersion;
}

/** Beside this file's folder in `dist/`. */
const BUILT_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/**
 * Runs the workflows: sessions. Knows no model, needs little memory, and may be run any number of times. Registers the search attributes
 * that sessions set, where the namespace lacks them.
 *
 * @throws {ColloquyError} `Temporal.SearchAttributes` when that cannot be done
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
    // Local ones of the workflows: nothing else is done here.
    activities: createKeptTextActivities(stream),
    enableNonLocalActivities: false,
    ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
    ...(version && {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
    }),
  });
}
