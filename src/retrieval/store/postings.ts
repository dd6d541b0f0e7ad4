/**
 * A posting says that a term stands in a chunk: the chunk's index, how often, and of how many terms the chunk is, in one number that a
 * double and a `bigint` hold exactly. SQL reads it by shifts: `>> 32`, `(>> 16) & 65535`, `& 65535`.
 */
export interface Posting {
  readonly term: string;
  readonly entry: number;
}

/** The largest index of a chunk: 21 bits and 32 make the 53 of a double. */
export const MAX_CHUNK_INDEX = 2 ** 21 - 1;
const MAX_COUNT = 2 ** 16 - 1;

/** @param terms in any order, with repetitions */
export function postingsOf(chunkIndex: number, terms: readonly string[]): Posting[] {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const length = chunkLength(terms);
  return [...counts].map(([term, count]) => ({
    term,
    entry: chunkIndex * 2 ** 32 + Math.min(count, MAX_COUNT) * 2 ** 16 + length,
  }));
}

export function chunkLength(terms: readonly string[]): number {
  return Math.min(terms.length, MAX_COUNT);
}
