/** An occurrence of a term in a chunk. */
export interface Posting {
  readonly chunk: number;
  /** Number of occurrences, at most 255. */
  readonly count: number;
  /** Number of terms in the chunk, with repetitions, at most 65,535. */
  readonly length: number;
}

/** Largest index of a chunk. */
export const MAX_CHUNK_INDEX = 2 ** 24 - 1;
/** Size of one posting: 3 bytes for the chunk, 1 for the count, 2 for the length, big-endian. */
export const POSTING_BYTES = 6;
const MAX_COUNT = 2 ** 8 - 1;
const MAX_LENGTH = 2 ** 16 - 1;

/** @param terms in any order, with repetitions */
export function postingsOf(chunk: number, terms: readonly string[]): Map<string, Posting> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const length = chunkLength(terms);
  return new Map([...counts].map(([term, count]) => [term, { chunk, count: Math.min(count, MAX_COUNT), length }]));
}

export function chunkLength(terms: readonly string[]): number {
  return Math.min(terms.length, MAX_LENGTH);
}

export function encodePostings(postings: readonly Posting[]): Buffer {
  const bytes = Buffer.allocUnsafe(postings.length * POSTING_BYTES);
  for (const [index, { chunk, count, length }] of postings.entries()) {
    bytes.writeUIntBE(chunk, index * POSTING_BYTES, 3);
    bytes.writeUInt8(count, index * POSTING_BYTES + 3);
    bytes.writeUInt16BE(length, index * POSTING_BYTES + 4);
  }
  return bytes;
}

export function* decodePostings(bytes: Buffer): Generator<Posting> {
  for (let offset = 0; offset + POSTING_BYTES <= bytes.length; offset += POSTING_BYTES) {
    yield {
      chunk: bytes.readUIntBE(offset, 3),
      count: bytes.readUInt8(offset + 3),
      length: bytes.readUInt16BE(offset + 4),
    };
  }
}
