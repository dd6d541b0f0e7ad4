/** Weight of a new measurement in an average. */
const SMOOTHING = 0.25;
/** After this many batches without a trial, a candidate's old average is replaced by its newest measurement. */
const STALE_BATCHES = 12;
/**
 * A candidate that is not the best is tried again after this many batches, because the machine's other work changes; the interval doubles
 * after each failure.
 */
const FIRST_RETRY_BATCHES = 16;
const LAST_RETRY_BATCHES = 480;
/** After a trial that was this many times slower, the interval is multiplied by four instead. */
const HOPELESS = 3;

interface Measured {
  readonly threads: number;
  averageMs: number | undefined;
  lastTried: number;
  retryAfter: number;
  /** Number of consecutive batches in which it was the best. */
  led: number;
}

/**
 * Finds by trial how many compute threads a batch should have. More are not always faster. A batch of one token gains nothing from a second
 * thread on some machines. Where other programs use the cores, threads wait at llama.cpp's barriers for a thread that is not scheduled,
 * which is up to 30 times slower than a single thread. Each batch size is measured separately and continuously, so the choice adapts to the
 * other work of the machine.
 */
export class ThreadChoice {
  private readonly classes = new Map<number, { batches: number; candidates: Measured[] }>();

  /** @param cores the maximum number of threads */
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

/** A candidate that leads for long is soon forgiven a slow batch; one that keeps failing is tried more and more rarely. */
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
