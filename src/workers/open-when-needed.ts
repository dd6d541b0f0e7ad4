/** A resource that is opened once, at its first use. */
export interface Lazy<T> {
  /** After a failure, the next call tries again. */
  readonly get: () => Promise<T>;
  /** Closes the resource, even if it is still being opened. */
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
