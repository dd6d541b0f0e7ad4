import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerRange } from './integer-range.js';

/** These grammars only use constructs that regular expressions have as well. */
function regularExpression(grammar: string): RegExp {
  return new RegExp(`^(?:${grammar.replaceAll(/["\s]/gu, '')})$`, 'u');
}

describe('integerRange', () => {
  it('accepts the numbers from low to high, and no others', () => {
    const bound = fc.integer({ min: -2000, max: 2000 });
    fc.assert(
      fc.property(bound, bound, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const accepts = regularExpression(integerRange(low, high));
        const numbers = Array.from({ length: 4201 }, (_, index) => index - 2100);
        expect(numbers.filter((n) => accepts.test(String(n)) !== (n >= low && n <= high))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('holds at the ends of large ranges', () => {
    const bound = fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 });
    fc.assert(
      fc.property(bound, bound, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const accepts = regularExpression(integerRange(low, high));
        for (const n of [low, high, Math.trunc((low + high) / 2)]) expect(accepts.test(String(n))).toBe(true);
        for (const n of [low - 1, high + 1]) expect(accepts.test(String(n))).toBe(false);
      }),
    );
  });

  it.each(['01', '-0', '-', '', '1.0', '+1'])('does not accept %j', (text) => {
    expect(regularExpression(integerRange(-100, 100)).test(text)).toBe(false);
  });
});
