import { matchingPlace } from './matching-part.js';
import { stretchesOf } from './places.js';
import type { SearchHit } from './retrieval.js';

/** The hit with the place of its part that matches the query. */
export function placedHit(hit: SearchHit, query: string): SearchHit {
  const { chunk } = hit;
  if (chunk.place === undefined) return hit;
  const place = matchingPlace(chunk, query);
  return {
    ...hit,
    chunk: { ...chunk, ...(place.page !== undefined && { page: place.page }), place, stretches: stretchesOf(chunk) },
  };
}
