import type { SearchHit } from './retrieval.js';

/** Of reciprocal rank fusion. source: Cormack, Clarke, Büttcher, SIGIR 2009 */
const FUSION_K = 60;

/**
 * One order of the hits of several searches, by rank alone: scores of different searches cannot be compared. What several found stands
 * once, with its ranks summed; of equals, the first list's comes first.
 */
export function rankLists(lists: readonly (readonly SearchHit[])[], limit: number): SearchHit[] {
  const ranked = new Map<string, SearchHit>();
  for (const list of lists) {
    for (const [index, hit] of list.entries()) {
      const key = `${hit.knowledgeBase}\n${hit.document.uri}\n${hit.chunk.index}`;
      const before = ranked.get(key);
      const score = (before?.score ?? 0) + 1 / (FUSION_K + index + 1);
      ranked.set(key, { ...(before ?? hit), score });
    }
  }
  return [...ranked.values()].toSorted((a, b) => b.score - a.score).slice(0, limit);
}
