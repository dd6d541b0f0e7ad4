import { NativeConnection, TransportError } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { resolveConnection } from '../client/connect.js';
import { unreachable } from '../client/colloquy-error.js';
import { installTemporalRuntime } from './logging.js';

export interface WorkerProcessOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly logger: Logger;
  /** Called once the worker polls. */
  readonly onReady: () => void;
  /** Stops the worker when it aborts. */
  readonly stopSignal?: AbortSignal;
  readonly createWorker: (connection: NativeConnection, namespace: string) => Promise<Worker>;
}

/**
 * Runs one worker until the process is asked to stop (SIGINT, SIGTERM: the SDK listens), or `stopSignal` aborts. Tasks in progress are
 * handed over, then it returns.
 *
 * @throws {ColloquyError} `Temporal.Unreachable`
 */
export async function runWorkerProcess(options: WorkerProcessOptions): Promise<void> {
  const { logger, onReady, stopSignal, createWorker } = options;
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
    const worker = await createWorker(connection, namespace);
    const stop = (): void => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    stopSignal?.addEventListener('abort', stop, { once: true });
    const running = worker.run();
    logger.info({ taskQueue: worker.options.taskQueue, address: connectionOptions.address, namespace }, 'Worker polls');
    onReady();
    await running;
  } finally {
    await connection.close();
  }
}
