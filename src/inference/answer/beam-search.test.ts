import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, type BeamSearchOptions, type Candidate } from './beam-search.js';

const END = 0;
const VOCABULARY = [END, 1, 2];

/** A toy model: the probabilities of the next token depend on the two previous ones, through a table of weights. */
function toyModel(weights: readonly number[]) {
  const next = (tokens: readonly number[]): Candidate[] => {
    const state = (tokens.at(-1) ?? 0) * 3 + (tokens.at(-2) ?? 0);
    const row = VOCABULARY.map((token) => weights[(state * 3 + token) % weights.length] ?? 1);
    const sum = row.reduce((total, weight) => total + weight, 0);
    return row
      .map((weight, token) => ({ token, logprob: Math.log(weight / sum) }))
      .toSorted((a, b) => b.logprob - a.logprob);
  };
  return next;
}

function search(next: (tokens: readonly number[]) => Candidate[], options: Partial<BeamSearchOptions> = {}) {
  return beamSearch({
    width: 4,
    best: 1,
    lengthPenalty: 0,
    maxTokens: 4,
    expand: async (beams, wanted) => beams.map((tokens) => next(tokens).slice(0, wanted)),
    isComplete: (tokens) => tokens.at(-1) === END,
    ...options,
  });
}

/** All continuations with their log-probabilities. */
function exhaust(next: (tokens: readonly number[]) => Candidate[], maxTokens: number, lengthPenalty: number) {
  const all: { tokens: number[]; logprob: number; score: number }[] = [];
  const walk = (tokens: number[], logprob: number): void => {
    if (tokens.at(-1) === END || tokens.length === maxTokens) {
      all.push({ tokens, logprob, score: logprob / tokens.length ** lengthPenalty });
      return;
    }
    for (const { token, logprob: step } of next(tokens)) walk([...tokens, token], logprob + step);
  };
  walk([], 0);
  return all.toSorted((a, b) => b.score - a.score);
}

function greedy(next: (tokens: readonly number[]) => Candidate[], maxTokens: number): number {
  const tokens: number[] = [];
  let sum = 0;
  while (tokens.length < maxTokens && tokens.at(-1) !== END) {
    const [best] = next(tokens);
    if (best === undefined) break;
    tokens.push(best.token);
    sum += best.logprob;
  }
  return sum;
}

const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 27, maxLength: 27 });

describe('beamSearch', () => {
  it('equals an exhaustive search when it is as wide as the tree', async () => {
    await fc.assert(
      fc.asyncProperty(weights, fc.constantFrom(0, 0.5, 1, 2), async (table, lengthPenalty) => {
        const next = toyModel(table);
        const found = await search(next, { width: 27, best: 5, lengthPenalty });
        const wanted = exhaust(next, 4, lengthPenalty).slice(0, 5);
        expect(found.map(({ score }) => score)).toEqual(wanted.map(({ score }) => expect.closeTo(score, 9)));
      }),
      { numRuns: 200 },
    );
  });

  it('finds at width 4 what greedy misses: a likely continuation behind an unlikely first token', async () => {
    // After 1 (0.6) everything is equally likely; after 2 (0.4) one continuation is nearly certain.
    const next = (tokens: readonly number[]): Candidate[] => {
      const likely = (pairs: readonly (readonly [number, number])[]) =>
        pairs.map(([token, p]) => ({ token, logprob: Math.log(p) }));
      if (tokens.length === 0)
        return likely([
          [1, 0.6],
          [2, 0.4],
        ]);
      if (tokens[0] === 1)
        return likely([
          [1, 0.34],
          [2, 0.33],
          [END, 0.33],
        ]);
      return likely([
        [END, 0.98],
        [1, 0.01],
        [2, 0.01],
      ]);
    };
    const [found] = await search(next);
    expect(found).toMatchObject({ tokens: [2, END], isComplete: true });
    expect(found?.logprob).toBeCloseTo(Math.log(0.4 * 0.98), 9);
    expect(found?.logprob).toBeGreaterThan(greedy(next, 4));
    expect(exhaust(next, 4, 0)[0]?.tokens).toEqual([2, END]);
  });

  it('never finds less than the greedy continuation, however narrow', async () => {
    await fc.assert(
      fc.asyncProperty(weights, fc.integer({ min: 1, max: 4 }), async (table, width) => {
        const next = toyModel(table);
        const [found] = await search(next, { width });
        expect(found?.logprob).toBeGreaterThanOrEqual(greedy(next, 4) - 1e-9);
      }),
    );
  });

  it('gives different continuations, best first, at most as many as wanted', async () => {
    await fc.assert(
      fc.asyncProperty(weights, fc.integer({ min: 1, max: 4 }), async (table, best) => {
        const found = await search(toyModel(table), { best });
        expect(found.length).toBeLessThanOrEqual(best);
        expect(new Set(found.map(({ tokens }) => tokens.join())).size).toBe(found.length);
        const scores = found.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }),
    );
  });

  it('stops once nothing open can enter the result', async () => {
    let steps = 0;
    const found = await search(
      () => [
        { token: END, logprob: Math.log(0.9) },
        { token: 1, logprob: Math.log(0.1) },
      ],
      {
        maxTokens: 100,
        expand: async (beams) => {
          steps++;
          return beams.map(() => [
            { token: END, logprob: Math.log(0.9) },
            { token: 1, logprob: Math.log(0.1) },
          ]);
        },
      },
    );
    expect(found[0]?.tokens).toEqual([END]);
    expect(steps).toBe(1);
  });

  it('gives what it has when interrupted, and says that it is not complete', async () => {
    let steps = 0;
    const found = await search(() => [{ token: 1, logprob: -1 }], {
      maxTokens: 100,
      isInterrupted: () => steps++ >= 4,
    });
    expect(found).toEqual([{ tokens: [1, 1], logprob: -2, score: -2, isComplete: false }]);
  });
});
