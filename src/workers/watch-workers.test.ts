import { describe, expect, it, vi } from 'vitest';
import { watchWorkers } from './watch-workers.js';
import type { WatchedWorkers } from './watch-workers.js';

const times = { lookMs: 5, graceMs: 30 };

function worker(state: 'RUNNING' | 'DRAINING') {
  const shutdown = vi.fn<() => void>();
  return { getState: () => state, shutdown } satisfies WatchedWorkers['workers'][number];
}

describe('workers that are watched', () => {
  it('end their process when one drains by itself and never stops', async () => {
    const endProcess = vi.fn<() => void>();
    const fatal = vi.fn<() => void>();
    const other = worker('RUNNING');
    const running = new Promise<void>(() => undefined);
    void watchWorkers({ workers: [worker('DRAINING'), other], running, logger: { fatal }, endProcess, ...times });
    await vi.waitFor(() => expect(endProcess).toHaveBeenCalledOnce());
    expect(fatal).toHaveBeenCalledOnce();
    expect(other.shutdown).toHaveBeenCalled();
  });

  it('fail when they stop unasked, and stop quietly when asked', async () => {
    const endProcess = vi.fn<() => void>();
    const options = { workers: [worker('RUNNING')], logger: { fatal: vi.fn<() => void>() }, endProcess, ...times };
    await expect(watchWorkers({ ...options, running: Promise.resolve() })).rejects.toThrow('stopped unexpectedly');
    const stop = new AbortController();
    stop.abort();
    await watchWorkers({ ...options, running: Promise.resolve(), stopSignal: stop.signal });
    expect(endProcess).not.toHaveBeenCalled();
  });

  it('are left alone while they hand over what they were asked to', async () => {
    const endProcess = vi.fn<() => void>();
    const stop = new AbortController();
    stop.abort();
    const running = new Promise<void>((resolve) => setTimeout(resolve, 80));
    await watchWorkers({
      workers: [worker('DRAINING')],
      running,
      stopSignal: stop.signal,
      logger: { fatal: vi.fn<() => void>() },
      endProcess,
      ...times,
    });
    expect(endProcess).not.toHaveBeenCalled();
  });
});
