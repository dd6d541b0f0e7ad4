/** Pages in memory. When there is no room, the least recently used ones are removed. */
export interface PageCache<T> {
  /** The stored page, and whether it is still fresh. */
  get(url: string): { readonly page: T; readonly isFresh: boolean } | undefined;
  /** @param sizeBytes approximate size */
  set(url: string, page: T, sizeBytes: number): void;
  /** Marks the stored page as fresh again. */
  renew(url: string): void;
}

interface Entry<T> {
  readonly page: T;
  readonly sizeBytes: number;
  freshUntil: number;
}

/** Pages that are no longer fresh are kept while there is room, because their servers can confirm that they are unchanged. */
export function createPageCache<T>({
  maxBytes,
  freshMs,
  now = Date.now,
}: {
  readonly maxBytes: number;
  readonly freshMs: number;
  readonly now?: () => number;
}): PageCache<T> {
  const entries = new Map<string, Entry<T>>();
  let used = 0;
  const remove = (url: string): void => {
    used -= entries.get(url)?.sizeBytes ?? 0;
    entries.delete(url);
  };
  return {
    get(url) {
      const entry = entries.get(url);
      if (entry === undefined) return undefined;
      entries.delete(url);
      entries.set(url, entry);
      return { page: entry.page, isFresh: entry.freshUntil > now() };
    },
    set(url, page, sizeBytes) {
      remove(url);
      if (sizeBytes > maxBytes) return;
      entries.set(url, { page, sizeBytes, freshUntil: now() + freshMs });
      used += sizeBytes;
      for (const oldest of entries.keys()) {
        if (used <= maxBytes) break;
        remove(oldest);
      }
    },
    renew(url) {
      const entry = entries.get(url);
      if (entry !== undefined) entry.freshUntil = now() + freshMs;
    },
  };
}
