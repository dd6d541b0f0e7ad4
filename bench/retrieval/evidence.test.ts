import { expect, it } from 'vitest';
import { errorRates, evidenceOf, fitEvidenceRule } from './evidence.js';
import type { Judged } from './evidence.js';

it('measures nearness, its background, and the weighed share of words', () => {
  const vectors = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  const terms = [new Set(['library', 'the']), new Set(['the'])];
  const { cosine, meanCosine, share } = evidenceOf(
    { vector: Float32Array.of(1, 0), terms: ['library', 'the', 'nowhere'] },
    vectors,
    terms,
  );
  expect([cosine, meanCosine]).toEqual([1, 0.5]);
  // ln(1 + (2 - n + 0.5) / (n + 0.5)) of n = 1, 2, 0: 0.693, 0.182, 1.792.
  expect(share).toBeCloseTo((0.693 + 0.182) / (0.693 + 0.182 + 1.792), 3);
});

it('finds the rule by which examples were made, and tells its errors', () => {
  // Answered above 0.8, whatever the other values are.
  const examples = Array.from({ length: 200 }, (_, index): Judged => {
    const cosine = 0.7 + ((index * 37) % 200) / 1000;
    return { cosine, meanCosine: ((index * 13) % 7) / 10, share: ((index * 29) % 11) / 10, isAnswered: cosine > 0.8 };
  });
  const rule = fitEvidenceRule(examples);
  const { refused, grounded } = errorRates(examples, rule);
  expect(refused).toBeLessThan(0.03);
  expect(grounded).toBeLessThan(0.03);
  expect(errorRates(examples, () => true)).toEqual({ refused: 0, grounded: 1 });
  expect(errorRates(examples, () => false)).toEqual({ refused: 1, grounded: 0 });
});
