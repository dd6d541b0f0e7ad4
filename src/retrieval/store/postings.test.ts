import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_CHUNK_INDEX, POSTING_BYTES, decodePostings, encodePostings, postingsOf } from './postings.js';

it('keeps every posting, in six bytes', () => {
  const posting = fc.record({
    chunk: fc.integer({ min: 0, max: MAX_CHUNK_INDEX }),
    count: fc.integer({ min: 1, max: 255 }),
    length: fc.integer({ min: 1, max: 65_535 }),
  });
  fc.assert(
    fc.property(fc.array(posting), (postings) => {
      const bytes = encodePostings(postings);
      expect(bytes).toHaveLength(POSTING_BYTES * postings.length);
      expect([...decodePostings(bytes)]).toEqual(postings);
    }),
  );
});

it('counts terms, and stays within what is kept', () => {
  expect([...postingsOf(7, ['a', 'b', 'a'])]).toEqual([
    ['a', { chunk: 7, count: 2, length: 3 }],
    ['b', { chunk: 7, count: 1, length: 3 }],
  ]);
  const many = postingsOf(
    0,
    Array.from({ length: 70_000 }, () => 'a'),
  );
  expect(many.get('a')).toEqual({ chunk: 0, count: 255, length: 65_535 });
  expect(postingsOf(0, []).size).toBe(0);
});
