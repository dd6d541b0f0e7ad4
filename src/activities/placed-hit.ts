import { matchingPlace } from '../domain/matching-part.js';
import { stretchesOf } from '../domain/places.js';
import type { SearchHit } from '../domain/retrieval.js';

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
