import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { createColloquyClient } from '../../src/client/colloquy-client.js';
import type { ColloquyClient } from '../../src/client/colloquy-client.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { TokenLog } from '../../src/streaming/token-log.js';
import { createModelWorker } from '../../src/workers/model-worker.js';
import { createOrchestrationWorker } from '../../src/workers/orchestration-worker.js';
import type { OrchestrationWorkerOptions } from '../../src/workers/orchestration-worker.js';

/** Made by the build that the set-up runs. */
const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

export interface SessionStack {
  readonly client: ColloquyClient;
  readonly stream: TokenLog;
  /** Runs a model until the returned function is called. */
  startModelWorker(model: LanguageModel): Promise<() => Promise<void>>;
  startOrchestrationWorker(
    options?: Pick<OrchestrationWorkerOptions, 'maxCachedWorkflows' | 'version'>,
  ): Promise<() => Promise<void>>;
  /** An id that no other test uses. */
  newId(prefix: string): string;
  close(): Promise<void>;
}

/** The parts of a deployment in this process, against a real server. Workers are started by the test, which may stop them too. */
export function createSessionStack(env: TestWorkflowEnvironment): SessionStack {
  const namespace = env.namespace ?? 'default';
  const stream = new TokenLog();
  const client = createColloquyClient({ connection: env.connection, address: env.address, namespace, stream });
  const running = new Set<() => Promise<void>>();
  const run = (worker: Worker): (() => Promise<void>) => {
    const finished = worker.run();
    const stop = async (): Promise<void> => {
      if (!running.delete(stop)) return;
      worker.shutdown();
      await finished;
    };
    running.add(stop);
    return stop;
  };
  const { nativeConnection: connection } = env;
  return {
    client,
    stream,
    startModelWorker: async (model) =>
      run(await createModelWorker({ connection, namespace, model, publisher: stream })),
    startOrchestrationWorker: async (options = {}) =>
      run(await createOrchestrationWorker({ connection, namespace, workflowBundle: { codePath: BUNDLE }, ...options })),
    newId: (prefix) => `${prefix}-${randomUUID().slice(0, 8)}`,
    close: async () => void (await Promise.all([...running].map((stop) => stop()))),
  };
}
