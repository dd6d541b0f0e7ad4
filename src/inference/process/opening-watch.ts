export interface OpeningWatchOptions {
  /** Interval between questions about the progress. */
  readonly pingMs: number;
  /** Time without progress after which opening is abandoned. Default: `OPENING_STALL_MS`. */
  readonly openingStallMs?: number;
}

/**
 * Some steps of opening report no progress, such as compiling for a GPU that is new to its driver, and take minutes. With a limit that is
 * too short, such a model could never be opened.
 */
const OPENING_STALL_MS = 600_000;

/**
 * Watches a process that opens a model, from now until `end`. It counts questions instead of time, so that nothing is counted while this
 * process does not run.
 */
export class OpeningWatch {
  private readonly timer: NodeJS.Timeout;
  private progress: number | undefined;
  /** Number of questions since the last progress. */
  private standing = 0;

  /** @param onStall called once, with the limit in seconds; the watch has ended then */
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

  /** Handles an answer of the process: any number that differs from the previous one means progress. */
  heard(progress: number | undefined): void {
    if (progress !== this.progress) this.standing = 0;
    this.progress = progress;
  }

  end(): void {
    clearInterval(this.timer);
  }
}
