import { expandSources } from './expand-sources.js';
import type { ExpandedSources } from './expand-sources.js';

/** Sorted by code units, so that a URI marks how far a reader has got. */
export interface SourceList {
  readonly uris: readonly string[];
  readonly failures: ExpandedSources['failures'];
}

const KEPT = 4;

/**
 * Keeps lists of the sources' documents between pages, because walking a large folder takes longer than reading a page of it. A process
 * without the list makes it again. It may or may not contain documents that were added or removed meanwhile, but it misses none that
 * stayed.
 */
export function createSourceLists(): (
  sources: readonly string[],
  options: { readonly isFirstPage: boolean; readonly signal: AbortSignal },
) => Promise<SourceList> {
  const lists = new Map<string, SourceList>();
  return async (sources, { isFirstPage, signal }) => {
    const key = JSON.stringify(sources);
    const kept = lists.get(key);
    if (kept !== undefined && !isFirstPage) return kept;
    const { uris, failures } = await expandSources(sources, { folder: '/', signal });
    const list = { uris: uris.toSorted(byCodeUnits), failures };
    lists.delete(key);
    lists.set(key, list);
    const [oldest] = lists.keys();
    if (lists.size > KEPT && oldest !== undefined) lists.delete(oldest);
    return list;
  };
}

/** Index of the first URI after this one. */
export function indexAfter(uris: readonly string[], after: string | undefined): number {
  if (after === undefined) return 0;
  let low = 0;
  let high = uris.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((uris[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
