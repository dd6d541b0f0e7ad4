/** Something that is opened when it is first wanted, and once. */
export interface Lazy<T> {
  /** After a failure the next one tries again. */
  readonly get: () => Promise<T>;
  /** Closes what was opened, also when that is still under way. */
  readonly close: () => Promise<void>;
}

export function openWhenNeeded<T>(open: () => Promise<T>, close: (opened: T) => Promise<void>): Lazy<T> {
  let opening: Promise<T> | undefined;
  return {
    get() {
      if (opening !== undefined) return opening;
      const started = open();
      opening = started;
      started.catch(() => {
        if (opening === started) opening = undefined;
      });
      return started;
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      opening = undefined;
      if (opened !== undefined) await close(opened);
    },
  };
}
