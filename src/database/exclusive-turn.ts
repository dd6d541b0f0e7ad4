const NOTHING = (): void => {};

/** Lets one holder at a time go on, in the order of asking. */
export class ExclusiveTurn {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when it is this caller's turn, with how to end it. */
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
