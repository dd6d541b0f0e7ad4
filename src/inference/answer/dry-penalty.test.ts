import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dryPenalties } from './dry-penalty.js';

const SETTINGS = { multiplier: 0.8, base: 2, allowedLength: 2, window: 100 };
const BREAKER = 9;
const penalties = (tokens: readonly number[], settings = SETTINGS) =>
  dryPenalties(tokens, settings, (token) => token === BREAKER);

describe('DRY', () => {
  it('costs more the longer the repetition that a token would prolong', () => {
    expect([...penalties([1, 2, 3, 4, 1, 2])]).toEqual([[3, 0.8]]);
    expect([...penalties([1, 2, 3, 4, 1, 2, 3])]).toEqual([[4, 1.6]]);
    expect([...penalties([1, 2, 3, 4, 5, 1, 2, 3, 4])]).toEqual([[5, 3.2]]);
  });

  it('leaves short repetitions alone', () => {
    expect(penalties([1, 2, 3, 1]).size).toBe(0);
  });

  it('counts the longest of several earlier occurrences', () => {
    expect(penalties([7, 1, 2, 3, 8, 1, 2, 3, 6, 7, 1, 2]).get(3)).toBe(1.6);
  });

  it('sees no repetition over a breaker, and penalises none', () => {
    expect(penalties([1, 2, BREAKER, 3, 1, 2]).size).toBe(0);
    expect(penalties([BREAKER, 2, 3, BREAKER, 2]).size).toBe(0);
    expect(penalties([1, BREAKER, 2, 3, 5, 4, BREAKER, 2, 3]).get(5)).toBe(0.8);
  });

  it('looks no further back than its window', () => {
    expect(penalties([1, 2, 3, 4, 5, 6, 1, 2], { ...SETTINGS, window: 5 }).size).toBe(0);
  });

  it('is off at 0', () => {
    expect(penalties([1, 2, 3, 1, 2], { ...SETTINGS, multiplier: 0 }).size).toBe(0);
  });

  it('only ever penalises tokens of the text, by finite amounts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 300 }), (tokens) => {
        for (const [token, penalty] of penalties(tokens, { ...SETTINGS, window: 300 })) {
          expect(tokens).toContain(token);
          expect(token).not.toBe(BREAKER);
          expect(Number.isFinite(penalty) && penalty > 0).toBe(true);
        }
      }),
    );
  });
});
