import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';

const LOOK_MS = 1_000;
/** Time to hand over work in progress after a worker has stopped by itself. */
const GRACE_MS = 10_000;
/** Signals on which the SDK itself stops its workers. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const;

export interface WatchedWorkers {
  readonly workers: readonly Pick<Worker, 'getState' | 'shutdown'>[];
  /** Resolves when all workers have stopped. */
  readonly running: Promise<void>;
  readonly stopSignal?: AbortSignal;
  readonly logger: Pick<Logger, 'fatal'>;
  /** Ends this process at once, even if something keeps it alive. */
  readonly endProcess: () => void;
  readonly lookMs?: number;
  readonly graceMs?: number;
}

/**
 * Waits until the workers have stopped. A worker can leave `RUNNING` without being asked to, for example if its reply to the server cannot
 * be encoded. It then takes no more tasks, and may stay so forever. So the process ends after 10 seconds, and its supervisor restarts it.
 *
 * @throws if the workers stopped without being asked to
 */
export async function watchWorkers(options: WatchedWorkers): Promise<void> {
  const { workers, running, stopSignal, logger, endProcess, lookMs = LOOK_MS, graceMs = GRACE_MS } = options;
  let isAsked = false;
  let grace: NodeJS.Timeout | undefined;
  const ask = (): void => void (isAsked = true);
  for (const signal of STOP_SIGNALS) process.on(signal, ask);
  const mayStop = (): boolean => isAsked || stopSignal?.aborted === true;
  const looking = setInterval(() => {
    const left = workers.map((worker) => worker.getState()).find((state) => state !== 'RUNNING');
    if (left === undefined || mayStop() || grace !== undefined) return;
    logger.fatal({ state: left }, 'A worker stopped unexpectedly; this process ends');
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    grace = setTimeout(endProcess, graceMs);
  }, lookMs);
  try {
    await running;
    if (!mayStop()) throw new Error('A worker stopped unexpectedly. Its log says why; start it again.');
  } finally {
    clearInterval(looking);
    clearTimeout(grace);
    for (const signal of STOP_SIGNALS) process.off(signal, ask);
  }
}
