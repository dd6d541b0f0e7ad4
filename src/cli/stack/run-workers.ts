import { createTranscriptArchive } from '../../archive/transcript-archive.js';
import { resolveConnection } from '../../client/connect.js';
import { connectDatabase } from '../../database/connect-database.js';
import { streamSocketPath } from '../../local-socket.js';
import { openTokenStream } from '../../streaming/open-token-stream.js';
import { loadTools } from '../../tools/load-tools.js';
import { toolDigests } from '../../tools/tool-digests.js';
import { archivedConversation, createArchiveWorker } from '../../workers/archive-worker.js';
import { locateDatabase } from '../../workers/locate-database.js';
import { createLogger } from '../../workers/logging.js';
import { createModelWorkers } from '../../workers/model-worker.js';
import { openModel } from '../../models/open-model.js';
import { createSessionsWorker } from '../../workers/sessions-worker.js';
import { openRetrieval } from '../../workers/open-retrieval.js';
import { createRetrievalWorkers } from '../../workers/retrieval-worker.js';
import { reportReady } from '../../workers/stack/supervisor-link.js';
import { createToolsWorker } from '../../workers/tools-worker.js';
import { runWorkerProcess } from '../../workers/worker-process.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { withFetching } from '../fetching.js';

export interface WorkerOptions extends GlobalOptions {
  readonly model?: string;
  readonly name?: string;
  /** Of the sessions worker. */
  readonly tools?: boolean;
}

export async function runSessionsWorker(
  { config, home }: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  const registry = options.tools
    ? await loadTools({ modules: config.tools, fetchAllow: config.fetchAllow })
    : undefined;
  const { buildId, deploymentName } = config;
  const version = buildId === undefined ? undefined : { deploymentName, buildId };
  const logger = createLogger('sessions', config.logLevel);
  // Needed for the shown text of answers that no worker ends.
  const stream = await openTokenStream({
    redisUrl: config.redisUrl,
    namespace: resolveConnection({ namespace: options.namespace }).namespace,
    socketPath: streamSocketPath(home),
    onNotice: (line) => logger.warn(line),
  });
  try {
    await runWorkerProcess({
      address: options.temporal,
      namespace: options.namespace,
      logger,
      stopSignal,
      onReady: () => {
        if (version) logger.info(version, `Takes sessions once it is current: colloquy deploy set-current ${buildId}`);
        reportReady(registry && { tools: toolDigests(registry.descriptions) });
      },
      // Tools mostly wait for the network, so they need no process of their own.
      createWorkers: async (connection, namespace) => [
        await createSessionsWorker({
          connection,
          namespace,
          version,
          stream: { publisher: stream, subscriber: stream },
        }),
        ...(registry
          ? [await createToolsWorker({ connection, namespace, registry, expertToken: config.expertToken })]
          : []),
      ],
    });
  } finally {
    await stream.close();
  }
}

export async function runToolsWorker(
  { config }: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  const registry = await loadTools({ modules: config.tools, fetchAllow: config.fetchAllow });
  await runWorkerProcess({
    address: options.temporal,
    namespace: options.namespace,
    logger: createLogger('tools', config.logLevel),
    stopSignal,
    onReady: reportReady,
    createWorkers: async (connection, namespace) => [
      await createToolsWorker({ connection, namespace, registry, expertToken: config.expertToken }),
    ],
  });
}

export async function runModelWorker(
  context: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  const { config, home } = context;
  const logger = createLogger('model', config.logLevel);
  const model = await withFetching(context, stopSignal, (fetching) =>
    openModel(options.model ?? config.model, {
      config,
      home,
      fetching,
      onNotice: (line) => logger.info(line),
      keepsSnapshots: true,
    }),
  );
  const publisher = await openTokenStream({
    redisUrl: config.redisUrl,
    namespace: resolveConnection({ namespace: options.namespace }).namespace,
    socketPath: streamSocketPath(home),
    onNotice: (line) => logger.warn(line),
    atOnce: true,
  });
  // Needed for turns that sessions no longer hold; connects when it is first used.
  const database = connectDatabase(locateDatabase(config, home), { maxConnections: 2 });
  const archive = createTranscriptArchive(database);
  try {
    await runWorkerProcess({
      address: options.temporal,
      namespace: options.namespace,
      logger,
      stopSignal,
      onReady: reportReady,
      createWorkers: (connection, namespace) =>
        createModelWorkers({
          connection,
          namespace,
          model,
          publisher,
          subscriber: publisher,
          name: options.name,
          fromArchive: archivedConversation(archive),
        }),
    });
  } finally {
    await database.close();
    await publisher.close();
    await model.dispose();
  }
}

export async function runArchiveWorker(
  { config, home }: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  const database = connectDatabase(locateDatabase(config, home));
  const archive = createTranscriptArchive(database);
  try {
    await runWorkerProcess({
      address: options.temporal,
      namespace: options.namespace,
      logger: createLogger('archive', config.logLevel),
      stopSignal,
      onReady: reportReady,
      createWorkers: async (connection, namespace) => [await createArchiveWorker({ connection, namespace, archive })],
    });
  } finally {
    await database.close();
  }
}

export async function runRetrievalWorker(
  { config, home }: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  const logger = createLogger('retrieval', config.logLevel);
  const onNotice = (line: string): void => logger.info(line);
  const retrieval = openRetrieval({
    config,
    home,
    onNotice,
    fetching: { home, signal: stopSignal, onProgress: () => undefined, env: process.env, onNotice },
  });
  try {
    await runWorkerProcess({
      address: options.temporal,
      namespace: options.namespace,
      logger,
      stopSignal,
      onReady: reportReady,
      createWorkers: (connection, namespace) => createRetrievalWorkers({ ...retrieval, connection, namespace }),
    });
  } finally {
    await retrieval.close();
  }
}
