/** How much of a new measurement enters an average. */
const SMOOTHING = 0.25;
/** What was not tried for so many batches is known by its newest measurement alone. */
const STALE_BATCHES = 12;
/** What is not the best is tried again after so many batches, as the machine's other work changes; twice as many after each failure. */
const FIRST_RETRY_BATCHES = 16;
const LAST_RETRY_BATCHES = 480;
/** What was this many times slower waits four times as long instead. */
const HOPELESS = 3;

interface Measured {
  readonly threads: number;
  averageMs: number | undefined;
  lastTried: number;
  retryAfter: number;
  /** Batches in a row in which it was the best. */
  led: number;
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
    const due = candidates.filter((one) => one !== best && batches - one.lastTried >= one.retryAfter);
    const stalest = due.toSorted((a, b) => a.lastTried - b.lastTried)[0];
    return (untried ?? stalest ?? best).threads;
  }

  record(batchTokens: number, threads: number, elapsedMs: number): void {
    const sizes = this.classOf(batchTokens);
    sizes.batches++;
    const candidate = sizes.candidates.find((one) => one.threads === threads);
    if (candidate === undefined) return;
    const perToken = elapsedMs / batchTokens;
    const stale = sizes.batches - candidate.lastTried > STALE_BATCHES;
    candidate.lastTried = sizes.batches;
    candidate.averageMs =
      candidate.averageMs === undefined || stale
        ? perToken
        : candidate.averageMs + SMOOTHING * (perToken - candidate.averageMs);
    judge(candidate, fastest(sizes.candidates)?.averageMs ?? 0);
  }

  /** Batches within a factor of two behave alike. */
  private classOf(batchTokens: number): { batches: number; candidates: Measured[] } {
    const key = Math.floor(Math.log2(Math.max(1, batchTokens)));
    const known = this.classes.get(key);
    if (known !== undefined) return known;
    const counts = new Set([this.cores, Math.max(1, this.cores - 1), Math.ceil(this.cores / 2)]);
    const candidates = [...counts].map((threads): Measured => ({
      threads,
      averageMs: undefined,
      lastTried: 0,
      retryAfter: FIRST_RETRY_BATCHES,
      led: 0,
    }));
    const made = { batches: 0, candidates };
    this.classes.set(key, made);
    return made;
  }
}

function fastest(candidates: readonly Measured[]): Measured | undefined {
  return candidates.toSorted(
    (a, b) => (a.averageMs ?? Number.POSITIVE_INFINITY) - (b.averageMs ?? Number.POSITIVE_INFINITY),
  )[0];
}

/** One that leads for long is forgiven a slow batch soon; one that keeps failing is asked ever more rarely. */
function judge(candidate: Measured, bestMs: number): void {
  const averageMs = candidate.averageMs ?? 0;
  if (averageMs <= bestMs) {
    candidate.led++;
    if (candidate.led >= candidate.retryAfter) candidate.retryAfter = FIRST_RETRY_BATCHES;
    return;
  }
  candidate.led = 0;
  const longer = candidate.retryAfter * (averageMs > bestMs * HOPELESS ? 4 : 2);
  candidate.retryAfter = Math.min(LAST_RETRY_BATCHES, longer);
}
