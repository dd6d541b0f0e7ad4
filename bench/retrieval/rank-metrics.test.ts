import { expect, it } from 'vitest';
import { mean, ndcgAt, percentile, recallAt } from './rank-metrics.js';

const ranked = ['a', 'b', 'c', 'd', 'e'];
const relevant = (...ids: string[]) => new Set(ids);

it.each([
  [3, ['c'], 1],
  [3, ['d'], 0],
  [3, ['a', 'd'], 1 / 2],
  [3, ['x'], 0],
  // Two places cannot hold three.
  [2, ['a', 'b', 'e'], 1],
  [10, ['a', 'e'], 1],
])('recall@%i of %j', (k, ids, expected) => {
  expect(recallAt(k, ranked, relevant(...ids))).toBe(expected);
});

it('nDCG@k, against values worked out by hand', () => {
  expect(ndcgAt(10, ranked, relevant('a'))).toBe(1);
  expect(ndcgAt(10, ranked, relevant('c'))).toBe(0.5); // 1 / log2(4)
  expect(ndcgAt(10, ranked, relevant('a', 'b'))).toBe(1);
  // (1 + 1 / log2(4)) / (1 + 1 / log2(3)) = 1.5 / 1.63093
  expect(ndcgAt(10, ranked, relevant('a', 'c'))).toBeCloseTo(0.91972, 5);
  expect(ndcgAt(2, ranked, relevant('c'))).toBe(0);
  expect(ndcgAt(10, [], relevant('c'))).toBe(0);
});

it('percentiles are values that were measured', () => {
  expect(percentile(0.5, [4, 1, 3, 2])).toBe(2);
  expect(percentile(0.95, [4, 1, 3, 2])).toBe(4);
  expect(percentile(0, [4, 1])).toBe(1);
  expect(() => percentile(0.5, [])).toThrow('nothing was measured');
});

it('the mean', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(() => mean([])).toThrow('nothing was measured');
});
