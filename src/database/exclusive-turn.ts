const NOTHING = (): void => {};

/** A fair lock: lets one holder at a time proceed, in the order of requests. */
export class ExclusiveTurn {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, with a function that ends the turn. */
  async take(): Promise<() => void> {
    const before = this.last;
    let end = NOTHING;
    this.last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
