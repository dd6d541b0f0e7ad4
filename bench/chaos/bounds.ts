import { setTimeout as sleep } from 'node:timers/promises';

/** Lets a run go on to its verdict whatever hangs, and keeps account of it. */
export interface Bounds {
  /** What took longer than it may, a line each. */
  readonly hung: readonly string[];
  /** What is under way now. */
  readonly current: string;
  /** What the action gives; undefined when it takes longer than `limitMs`: then it is left behind. Errors pass. */
  within<T>(what: string, limitMs: number, action: () => Promise<T>): Promise<T | undefined>;
}

export function createBounds(onNotice: (line: string) => void): Bounds {
  const hung: string[] = [];
  const current: string[] = [];
  return {
    hung,
    get current() {
      return current.join(', ');
    },
    async within(what, limitMs, action) {
      current.push(what);
      const settled = new AbortController();
      const late = Symbol('late');
      try {
        const running = action();
        // Left behind, it may still fail: nobody waits for it then.
        running.catch(() => undefined);
        const limit = sleep(limitMs, late, { signal: settled.signal }).catch(() => late);
        const outcome = await Promise.race([running, limit]);
        if (typeof outcome !== 'symbol') return outcome;
        const line = `${what}: not done within ${limitMs / 1_000} s`;
        hung.push(line);
        onNotice(`hung: ${line}`);
        return undefined;
      } finally {
        settled.abort();
        current.splice(current.indexOf(what), 1);
      }
    },
  };
}
