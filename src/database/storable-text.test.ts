import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromStorableJson, toStorableJson, toStorableText } from './storable-text.js';

const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('\0', '\\', '"', '\uFDD0', '\uD83D', '\uDE00', '😀', '\\u0000', 'u0000', 'fdd0', '\n'),
  ),
});

it('brings every text back, and writes only what PostgreSQL stores', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = toStorableJson({ [text]: [text] });
      expect(JSON.parse(fromStorableJson(json))).toEqual({ [text]: [text] });
      expect(json).not.toMatch(/\0|\p{Surrogate}|(?<!\\)(?:\\\\)*\\u(0000|d[89a-f])/u);
      expect(toStorableText(text)).not.toMatch(/\0|\p{Surrogate}/u);
    }),
    { numRuns: 2_000 },
  );
});

it('leaves ordinary text as it is, and keeps keys apart', () => {
  expect(toStorableText('naïve 😀 \\u0000')).toBe('naïve 😀 \\u0000');
  expect(toStorableJson({ a: 'naïve 😀 \\u0000' })).toBe(JSON.stringify({ a: 'naïve 😀 \\u0000' }));
  fc.assert(fc.property(anyText, anyText, (a, b) => (toStorableText(a) === toStorableText(b)) === (a === b)));
});
