import type { Command } from 'commander';
import { ColloquyError } from '../../client/colloquy-error.js';
import { resolveConnection } from '../../client/connect.js';
import { openTokenStream } from '../../streaming/open-token-stream.js';
import { streamSocketPath } from '../../streaming/socket-path.js';
import { createLogger } from '../../workers/logging.js';
import { createModelWorkers } from '../../workers/model-worker.js';
import { openModel } from '../../workers/open-model.js';
import { createOrchestrationWorker } from '../../workers/orchestration-worker.js';
import { exitWhenParentDies, onStopRequest, reportFatal, reportReady } from '../../workers/stack/supervisor-link.js';
import { runWorkerProcess } from '../../workers/worker-process.js';
import { createCliContext } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { withFetching } from '../fetching.js';
import { isForeseen } from '../report-error.js';

interface WorkerOptions extends GlobalOptions {
  readonly model?: string;
  readonly name?: string;
}

export function addWorkerCommand(program: Command): void {
  const worker = program
    .command('worker')
    .description('Run one worker process. "colloquy start" runs one of each.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy worker sessions\n  $ colloquy worker model --model smollm2-135m-instruct',
    );

  worker
    .command('sessions')
    .description('Run the workflows of sessions. Needs no model; run as many as you like.')
    .addHelpText('after', '\nExample:\n  $ colloquy worker sessions --temporal temporal.internal:7233')
    .action((_options, command: Command) => supervised(command.optsWithGlobals<WorkerOptions>(), runSessionsWorker));

  worker
    .command('model')
    .description('Run one model for all sessions that use it.')
    .option('-m, --model <model>', 'id from "colloquy models list", or the path of a GGUF file')
    .option(
      '--name <name>',
      'of this worker among those of the model, the same after a restart: sessions come back to it (default: host and process)',
    )
    .addHelpText('after', '\nExample:\n  $ colloquy worker model --model smollm2-135m-instruct')
    .action((_options, command: Command) => supervised(command.optsWithGlobals<WorkerOptions>(), runModelWorker));
}

async function runSessionsWorker(
  { config }: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  await runWorkerProcess({
    address: options.temporal,
    namespace: options.namespace,
    logger: createLogger('sessions', config.logLevel),
    stopSignal,
    onReady: reportReady,
    createWorker: (connection, namespace) => createOrchestrationWorker({ connection, namespace }),
  });
}

async function runModelWorker(context: CliContext, options: WorkerOptions, stopSignal: AbortSignal): Promise<void> {
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
  try {
    await runWorkerProcess({
      address: options.temporal,
      namespace: options.namespace,
      logger,
      stopSignal,
      onReady: reportReady,
      createWorker: (connection, namespace) =>
        createModelWorkers({
          connection,
          namespace,
          model,
          publisher,
          subscriber: publisher,
          name: options.name,
          fromArchive: () => Promise.reject(new Error('no archive')),
        }),
    });
  } finally {
    await publisher.close();
    await model.dispose();
  }
}

/** Runs a worker as `colloquy start` needs it: it stops when asked to, ends with its parent, and says why when it cannot start. */
async function supervised(
  options: WorkerOptions,
  run: (context: CliContext, options: WorkerOptions, stopSignal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  exitWhenParentDies();
  onStopRequest(() => stop.abort());
  process.once('SIGINT', () => stop.abort());
  try {
    await run(createCliContext(options), options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return;
    // Starting again cannot help against what was foreseen, such as a damaged file. A server may come back, though.
    const isUnreachable = error instanceof ColloquyError && error.type === 'Temporal.Unreachable';
    if (isForeseen(error) && !isUnreachable) await reportFatal(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    // The channel to the supervisor would keep this process alive for ever.
    process.channel?.unref();
  }
}
