import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import type { RetrievalDependencies } from '../../src/activities/knowledge/retrieval.js';
import type { TranscriptArchive } from '../../src/archive/transcript-archive.js';
import { createColloquyClient } from '../../src/client/colloquy-client.js';
import type { ColloquyClient } from '../../src/client/colloquy-client.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { TokenLog } from '../../src/streaming/token-log.js';
import type { TokenPublisher, TokenSubscriber } from '../../src/streaming/token-stream.js';
import { archivedConversation, createArchiveWorker } from '../../src/workers/archive-worker.js';
import { createModelWorkers } from '../../src/workers/model-worker.js';
import { createRetrievalWorkers } from '../../src/workers/retrieval-worker.js';
import { createToolsWorker } from '../../src/workers/tools-worker.js';
import type { ToolRegistry } from '../../src/tools/tool-registry.js';
import { createSessionsWorker } from '../../src/workers/sessions-worker.js';
import type { SessionsWorkerOptions } from '../../src/workers/sessions-worker.js';
import { runWorkers, stopWorkers } from '../../src/workers/worker-process.js';

/** Made by the build that the set-up runs. Tests and benchmarks run in the root of the repository. */
const BUNDLE = join(process.cwd(), 'dist', 'workflow-bundle.js');

export interface SessionStack {
  readonly client: ColloquyClient;
  readonly stream: TokenLog;
  /** Runs a model until the returned function is called. */
  startModelWorker(
    model: LanguageModel,
    options?: { readonly name?: string; readonly maxConcurrentAnswers?: number },
  ): Promise<() => Promise<void>>;
  startToolsWorker(registry: ToolRegistry): Promise<() => Promise<void>>;
  /** Needs `archive`. */
  startArchiveWorker(): Promise<() => Promise<void>>;
  startRetrievalWorker(dependencies: RetrievalDependencies): Promise<() => Promise<void>>;
  startSessionsWorker(
    options?: Pick<SessionsWorkerOptions, 'maxCachedWorkflows' | 'version'>,
  ): Promise<() => Promise<void>>;
  /** An id that no other test uses. */
  newId(prefix: string): string;
  close(): Promise<void>;
}

/** The parts of a deployment in this process, against a real server. Workers are started by the test, which may stop them too. */
export function createSessionStack(
  env: TestWorkflowEnvironment,
  options: {
    /** What the model worker writes to and the client reads from, when they are not to share `stream`. */
    readonly publisher?: TokenPublisher;
    readonly subscriber?: TokenSubscriber;
    /** Default: sessions hold all their turns. */
    readonly archive?: TranscriptArchive;
  } = {},
): SessionStack {
  const { publisher, subscriber, archive } = options;
  const namespace = env.namespace ?? 'default';
  const stream = new TokenLog();
  const client = createColloquyClient({
    connection: env.connection,
    address: env.address,
    namespace,
    stream: subscriber ?? stream,
    archive: archive !== undefined,
  });
  const running = new Set<() => Promise<void>>();
  // A connection of its own for each: one connection takes no two workers of the same queue, as two processes may be.
  const run = async (
    create: (connection: NativeConnection) => Promise<Worker | readonly Worker[]>,
  ): Promise<() => Promise<void>> => {
    const connection = await NativeConnection.connect({ address: env.address });
    const workers = [await create(connection)].flat();
    const finished = runWorkers(workers);
    const stop = async (): Promise<void> => {
      if (!running.delete(stop)) return;
      stopWorkers(workers);
      await finished;
      await connection.close();
    };
    running.add(stop);
    return stop;
  };
  return {
    client,
    stream,
    startModelWorker: (model, workerOptions = {}) =>
      run((connection) =>
        createModelWorkers({
          connection,
          namespace,
          model,
          publisher: publisher ?? stream,
          subscriber: subscriber ?? stream,
          fromArchive: archivedConversation(archive),
          ...workerOptions,
        }),
      ),
    startToolsWorker: (registry) => run((connection) => createToolsWorker({ connection, namespace, registry })),
    startRetrievalWorker: (dependencies) =>
      run((connection) => createRetrievalWorkers({ connection, namespace, ...dependencies })),
    startArchiveWorker: () => {
      if (archive === undefined) throw new Error('The stack has no archive');
      return run((connection) => createArchiveWorker({ connection, namespace, archive }));
    },
    startSessionsWorker: (workerOptions = {}) =>
      run((connection) =>
        createSessionsWorker({
          connection,
          namespace,
          workflowBundle: { codePath: BUNDLE },
          stream: { publisher: publisher ?? stream, subscriber: subscriber ?? stream },
          ...workerOptions,
        }),
      ),
    newId: (prefix) => `${prefix}-${randomUUID().slice(0, 8)}`,
    close: async () => void (await Promise.all([...running].map((stop) => stop()))),
  };
}
