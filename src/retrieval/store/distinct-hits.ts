import { mergeCopies, nearCopies, rankDownNearCopies } from '../../domain/knowledge/copies.js';
import type { SearchHit } from '../../domain/knowledge/retrieval.js';
import type { FusedCandidate } from './fuse-ranks.js';

/** At most this many times `limit` candidates are read to find hits other than near copies. */
const MAX_READ_FOR_NEAR_COPIES = 4;

/**
 * The best hits, with each text once and near copies moved down. Reads no more candidates than `limit` if all of them differ.
 *
 * @param fused best first
 * @param read returns the hits of candidates, in their order
 */
export async function distinctHits(
  fused: readonly FusedCandidate[],
  limit: number,
  read: (candidates: readonly FusedCandidate[]) => Promise<readonly SearchHit[]>,
): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  let merged: SearchHit[] = [];
  for (let first = 0; first < fused.length; first += limit) {
    hits.push(...(await read(fused.slice(first, first + limit))));
    merged = mergeCopies(hits);
    const others = nearCopies(merged).filter((count) => count === 0).length;
    const isEnough = first >= (MAX_READ_FOR_NEAR_COPIES - 1) * limit ? merged.length >= limit : others >= limit;
    if (isEnough) break;
  }
  return rankDownNearCopies(merged).slice(0, limit);
}
