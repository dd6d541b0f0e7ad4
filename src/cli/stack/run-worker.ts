import { resolveConnection } from '../../client/connect.js';
import { createLogger } from '../../workers/logging.js';
import { reportReady } from '../../workers/stack/supervisor-link.js';
import type { WorkerSettings } from '../../workers/opened-worker.js';
import { openWorker } from '../../workers/worker-kinds.js';
import type { WorkerKind } from '../../workers/worker-kinds.js';
import { runWorkerProcess } from '../../workers/worker-process.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { withFetching } from '../fetching.js';

export interface WorkerOptions extends GlobalOptions, Pick<WorkerSettings, 'model' | 'name' | 'tools'> {}

/** Runs a worker of this kind until it is stopped. */
export async function runWorker(
  kind: WorkerKind,
  context: CliContext,
  options: WorkerOptions,
  stopSignal: AbortSignal,
): Promise<void> {
  const { config, home } = context;
  const { temporal: address, namespace, model, name, tools } = options;
  const logger = createLogger(kind, config.logLevel);
  const worker = await openWorker(kind, {
    config,
    home,
    logger,
    stopSignal,
    model,
    name,
    tools,
    namespace: resolveConnection({ namespace }).namespace,
    withFetching: (action) => withFetching(context, stopSignal, action),
  });
  const { createWorkers, ready, notice } = worker;
  const onReady = (): void => {
    if (notice !== undefined) logger.info(notice);
    reportReady(ready);
  };
  try {
    await runWorkerProcess({ address, namespace, logger, stopSignal, onReady, createWorkers });
  } finally {
    await worker.close();
  }
}
