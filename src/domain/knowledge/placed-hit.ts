import { matchingPlace } from './matching-part.js';
import { stretchesOf } from './places.js';
import type { SearchHit } from './retrieval.js';

/** A hit that tells the place of the part of it that matches the query. */
export function placedHit(hit: SearchHit, query: string): SearchHit {
  const { chunk } = hit;
  if (chunk.place === undefined) return hit;
  const place = matchingPlace(chunk, query);
  return {
    ...hit,
    chunk: { ...chunk, ...(place.page !== undefined && { page: place.page }), place, stretches: stretchesOf(chunk) },
  };
}
