import { expect, it } from 'vitest';
import { fuseRanks } from './fuse-ranks.js';
import type { Candidate } from './fuse-ranks.js';

function candidate(stage: Candidate['stage'], chunk: number, score: number, share = score): Candidate {
  return { stage, knowledgeBase: 1, document: 1, chunk, score, ...(stage === 'lexical' && { share }) };
}

/** Chunks 0, 1, 2, … as ranked by vectors, best first. */
const byVectors = Array.from({ length: 50 }, (_, chunk) => candidate('vector', chunk, 1 - chunk / 100));
const fused = (candidates: readonly Candidate[], depth = 50): number[] =>
  fuseRanks(candidates, depth).map(({ chunk }) => chunk);

it('what both stages find comes before what one finds', () => {
  expect(fused([...byVectors, candidate('lexical', 7, 3)])[0]).toBe(7);
});

it('a chunk that has all that was asked is among the first, though vectors do not find it', () => {
  expect(fused([...byVectors, candidate('lexical', 100, 3)]).indexOf(100)).toBeLessThan(2);
});

it('a chunk that shares a word with the question displaces none of the nearest ten, though none shares more', () => {
  expect(fused([...byVectors, candidate('lexical', 100, 3, 0.1)]).indexOf(100)).toBeGreaterThanOrEqual(10);
});

it('ranks are over all knowledge bases, and scores and ranks of each stage are told', () => {
  const elsewhere = { ...candidate('lexical', 0, 5), knowledgeBase: 2 };
  const [first, second] = fuseRanks([candidate('lexical', 0, 3), elsewhere, candidate('vector', 0, 0.9)], 50);
  expect(first).toMatchObject({
    knowledgeBase: 1,
    stages: { lexical: { rank: 2, score: 3 }, vector: { rank: 1, score: 0.9 } },
  });
  expect(first?.score).toBeCloseTo(1 / 22 + 1 / 21, 10);
  expect(second).toMatchObject({ knowledgeBase: 2, stages: { lexical: { rank: 1, score: 5 } } });
});

it('words are ranked by what share of the question is found, not by scores of different knowledge bases', () => {
  // A word that is rare in this knowledge base, but common in the other, scores high although the rest of the question is missing.
  const elsewhere = { ...candidate('lexical', 0, 9, 0.2), knowledgeBase: 2 };
  const hits = fuseRanks([elsewhere, candidate('lexical', 0, 6, 0.8)], 50);
  expect(hits.map(({ knowledgeBase, stages }) => [knowledgeBase, stages.lexical?.rank])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

it('so many of each stage count, and equal scores come in one order', () => {
  const equal = [3, 1, 2].map((chunk) => candidate('lexical', chunk, 1));
  expect(fused(equal, 2)).toEqual([1, 2]);
  expect(fused(equal.toReversed(), 2)).toEqual([1, 2]);
});
