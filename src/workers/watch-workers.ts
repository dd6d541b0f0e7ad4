import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';

const LOOK_MS = 1_000;
/** For work in progress to be handed over, once a worker stops by itself. */
const GRACE_MS = 10_000;
/** At which the SDK itself stops its workers. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const;

export interface WatchedWorkers {
  readonly workers: readonly Pick<Worker, 'getState' | 'shutdown'>[];
  /** Resolves when all have stopped. */
  readonly running: Promise<void>;
  readonly stopSignal?: AbortSignal;
  readonly logger: Pick<Logger, 'fatal'>;
  /** Ends this process at once, whatever still keeps it alive. */
  readonly endProcess: () => void;
  readonly lookMs?: number;
  readonly graceMs?: number;
}

/**
 * Waits until workers have stopped. A worker that leaves `RUNNING` though nobody asked it to, such as one whose answer to the server cannot
 * be encoded, takes no more tasks, and may stay so for ever: after 10 seconds the process ends, so that whoever supervises it starts it
 * again.
 *
 * @throws when they stopped unasked
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
