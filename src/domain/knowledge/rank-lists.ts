import { mergeCopies, rankDownNearCopies } from './copies.js';
import type { SearchHit } from './retrieval.js';

/** Constant of reciprocal rank fusion. source: Cormack, Clarke, Büttcher, SIGIR 2009 */
const FUSION_K = 60;

/**
 * Merges several lists into one order by rank alone: the sum of 1 / (60 + rank) over the lists, best first. If sums are equal, the item of
 * the earlier list comes first. An item that occurs several times in a list counts at its first place.
 *
 * @param keyOf returns the same key for the same item
 */
export function fuseLists<Item>(
  lists: readonly (readonly Item[])[],
  keyOf: (item: Item) => string,
): { readonly item: Item; readonly score: number }[] {
  const fused = new Map<string, { readonly item: Item; score: number }>();
  for (const list of lists) {
    const seen = new Set<string>();
    for (const [index, item] of list.entries()) {
      const key = keyOf(item);
      if (seen.has(key)) continue;
      seen.add(key);
      const entry = fused.get(key) ?? { item, score: 0 };
      entry.score += 1 / (FUSION_K + index + 1);
      fused.set(key, entry);
    }
  }
  return [...fused.values()].toSorted((a, b) => b.score - a.score);
}

/**
 * Merges the hits of several searches, whose scores cannot be compared, into one order. A hit of several searches appears once, as does a
 * text with several places.
 */
export function rankLists(lists: readonly (readonly SearchHit[])[], limit: number): SearchHit[] {
  const fused = fuseLists(
    lists,
    ({ knowledgeBase, document, chunk }) => `${knowledgeBase}\n${document.uri}\n${chunk.index}`,
  ).map(({ item, score }) => ({ ...item, score }));
  return rankDownNearCopies(mergeCopies(fused)).slice(0, limit);
}
