export interface OpeningWatchOptions {
  /** Between questions of how far it is. */
  readonly pingMs: number;
  /** Without progress for so long it is given up. Default: `OPENING_STALL_MS`. */
  readonly openingStallMs?: number;
}

/**
 * Steps of opening that tell nothing of themselves, such as compiling for a GPU that is new to its driver, take minutes. A limit that is too
 * short would keep such a model from ever being opened.
 */
const OPENING_STALL_MS = 600_000;

/**
 * Watches a process that opens a model, from now until `end`. It counts questions rather than time: while this process does not run, neither
 * counts.
 */
export class OpeningWatch {
  private readonly timer: NodeJS.Timeout;
  private progress: number | undefined;
  /** Questions since it last came further. */
  private standing = 0;

  /** @param onStall is called once, with the limit in seconds; the watch has ended then */
  constructor(
    { pingMs, openingStallMs = OPENING_STALL_MS }: OpeningWatchOptions,
    { ask, onStall }: { readonly ask: () => void; readonly onStall: (seconds: number) => void },
  ) {
    this.timer = setInterval(() => {
      if (this.standing * pingMs < openingStallMs) {
        this.standing++;
        ask();
        return;
      }
      this.end();
      onStall(openingStallMs / 1000);
    }, pingMs);
    this.timer.unref();
  }

  /** What the process answered: any number that was not told before means that it has come further. */
  heard(progress: number | undefined): void {
    if (progress !== this.progress) this.standing = 0;
    this.progress = progress;
  }

  end(): void {
    clearInterval(this.timer);
  }
}
