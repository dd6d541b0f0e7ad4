import { mergeCopies, rankDownNearCopies } from './copies.js';
import type { SearchHit } from './retrieval.js';

/** Of reciprocal rank fusion. source: Cormack, Clarke, Büttcher, SIGIR 2009 */
const FUSION_K = 60;

/**
 * One order of several lists, by rank alone: the sum of 1 / (60 + rank) over the lists, best first; of equals, the first list's comes
 * first. What a list has more than once counts at its first place.
 *
 * @param keyOf the same for what is the same
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

/** One order of the hits of several searches, of which no two scores can be compared. What several found stands once, as does a text that stands in several places. */
export function rankLists(lists: readonly (readonly SearchHit[])[], limit: number): SearchHit[] {
  const fused = fuseLists(
    lists,
    ({ knowledgeBase, document, chunk }) => `${knowledgeBase}\n${document.uri}\n${chunk.index}`,
  ).map(({ item, score }) => ({ ...item, score }));
  return rankDownNearCopies(mergeCopies(fused)).slice(0, limit);
}
