import { NativeConnection, TransportError } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { resolveConnection } from '../client/connect.js';
import { unreachable } from '../client/colloquy-error.js';
import { installTemporalRuntime } from './logging.js';
import { watchWorkers } from './watch-workers.js';

export interface WorkerProcessOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly logger: Logger;
  /** Called once the workers poll. */
  readonly onReady: () => void;
  /** Stops the workers when it aborts. */
  readonly stopSignal?: AbortSignal;
  readonly createWorkers: (connection: NativeConnection, namespace: string) => Promise<readonly Worker[]>;
}

/**
 * Runs workers on one connection until the process is asked to stop (SIGINT, SIGTERM: the SDK listens) or `stopSignal`
 * aborts. It then hands over tasks in progress and returns. If one worker fails, the others stop too; if one stops
 * without being asked to, the process ends.
 *
 * @throws {ColloquyError} `Temporal.Unreachable`
 */
export async function runWorkerProcess(options: WorkerProcessOptions): Promise<void> {
  const { logger, onReady, stopSignal, createWorkers } = options;
  installTemporalRuntime(logger);
  const { connectionOptions, namespace } = resolveConnection(options);
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect(connectionOptions);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw unreachable(connectionOptions.address, error);
  }
  try {
    const workers = await createWorkers(connection, namespace);
    const stop = (): void => stopWorkers(workers);
    stopSignal?.addEventListener('abort', stop, { once: true });
    const running = runWorkers(workers);
    const taskQueues = workers.map(({ options: { taskQueue } }) => taskQueue);
    logger.info({ taskQueues, address: connectionOptions.address, namespace }, 'Worker polls');
    onReady();
    await watchWorkers({
      workers,
      running,
      stopSignal,
      logger,
      // Uses a signal because the handlers of `process.exit` would wait for threads of a worker that never ends.
      endProcess: () => process.kill(process.pid, 'SIGKILL'),
    });
  } finally {
    await connection.close();
  }
}

/** Runs workers until all have stopped; if one fails, the others stop too. */
export async function runWorkers(workers: readonly Worker[]): Promise<void> {
  const runs = workers.map((worker) => worker.run());
  try {
    await Promise.all(runs);
  } finally {
    stopWorkers(workers);
    await Promise.allSettled(runs);
  }
}

export function stopWorkers(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}
