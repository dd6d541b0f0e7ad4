/** How much of a new measurement enters an average. */
const SMOOTHING = 0.25;
/** One batch in so many tries what is not the best so far, in case the machine's other work has changed. */
const EXPLORE_EVERY = 48;
/** What was this many times slower is tried again more rarely still. */
const HOPELESS = 3;
const EXPLORE_HOPELESS_EVERY = 480;

interface Measured {
  readonly threads: number;
  averageMs: number | undefined;
  lastTried: number;
}

/**
 * How many compute threads a batch should have, found by trying. More are not always faster: a batch of one token gains
 * nothing from a second thread on some machines, and where other programs use the cores, threads wait at llama.cpp's
 * barriers for one that is not scheduled, which is up to 30 times slower than a single thread. Each size of batch is
 * measured by itself, all the time, so the choice follows what else the machine is doing.
 */
export class ThreadChoice {
  private readonly classes = new Map<number, { batches: number; candidates: Measured[] }>();

  /** `cores` is the most there may be. */
  constructor(private readonly cores: number) {}

  choose(batchTokens: number): number {
    const { batches, candidates } = this.classOf(batchTokens);
    const untried = candidates.find(({ averageMs }) => averageMs === undefined);
    const best = untried ?? fastest(candidates);
    if (best === undefined) return this.cores;
    if (untried === undefined && batches > 0 && batches % EXPLORE_EVERY === 0) {
      const other = candidates.filter((one) => one !== best && worthTrying(one, best, batches));
      const stalest = other.toSorted((a, b) => a.lastTried - b.lastTried)[0];
      if (stalest !== undefined) return stalest.threads;
    }
    return best.threads;
  }

  record(batchTokens: number, threads: number, elapsedMs: number): void {
    const sizes = this.classOf(batchTokens);
    sizes.batches++;
    const candidate = sizes.candidates.find((one) => one.threads === threads);
    if (candidate === undefined) return;
    const perToken = elapsedMs / batchTokens;
    candidate.lastTried = sizes.batches;
    candidate.averageMs =
      candidate.averageMs === undefined ? perToken : candidate.averageMs + SMOOTHING * (perToken - candidate.averageMs);
  }

  /** Batches within a factor of two behave alike. */
  private classOf(batchTokens: number): { batches: number; candidates: Measured[] } {
    const key = Math.floor(Math.log2(Math.max(1, batchTokens)));
    const known = this.classes.get(key);
    if (known !== undefined) return known;
    const counts = new Set([this.cores, Math.max(1, this.cores - 1), Math.ceil(this.cores / 2)]);
    const candidates = [...counts].map((threads): Measured => ({ threads, averageMs: undefined, lastTried: 0 }));
    const made = { batches: 0, candidates };
    this.classes.set(key, made);
    return made;
  }
}

function fastest(candidates: readonly Measured[]): Measured | undefined {
  return candidates.toSorted((a, b) => (a.averageMs ?? 0) - (b.averageMs ?? 0))[0];
}

function worthTrying(candidate: Measured, best: Measured, batches: number): boolean {
  const hopeless = (candidate.averageMs ?? 0) > (best.averageMs ?? 0) * HOPELESS;
  return !hopeless || batches - candidate.lastTried >= EXPLORE_HOPELESS_EVERY;
}
