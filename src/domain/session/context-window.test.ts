import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFirstTurn } from './context-window.js';

/** Chooses for a prompt whose persona and newest message take `fixed` tokens, and whose turns take the given tokens. */
function choose(fixed: number, turns: readonly number[], budgetTokens: number, fromIndex = 0) {
  return chooseFirstTurn({
    turnCount: turns.length,
    fromIndex,
    budgetTokens,
    countFrom: (index) => Promise.resolve(fixed + turns.slice(index).reduce((sum, tokens) => sum + tokens, 0)),
  });
}

describe('chooseFirstTurn', () => {
  it('keeps everything that fits', async () => {
    expect(await choose(10, [20, 20], 50)).toEqual({ index: 0, promptTokens: 50 });
  });

  it('leaves out the oldest turns until 60% are used, so that the beginning stays for some turns', async () => {
    // 10 + 9 × 10 = 100 > 95; 60% of 95 is 57: 10 + 4 × 10 = 50 fits, 60 does not.
    expect(await choose(10, [10, 10, 10, 10, 10, 10, 10, 10, 10], 95)).toEqual({ index: 5, promptTokens: 50 });
  });

  it('keeps the beginning of the prompt before while it fits, though more would', async () => {
    expect(await choose(10, [10, 10, 10], 100, 2)).toEqual({ index: 2, promptTokens: 20 });
  });

  it('leaves out all turns for a message that nearly fills the window', async () => {
    expect(await choose(90, [20, 20], 100)).toEqual({ index: 2, promptTokens: 90 });
  });

  it('has no answer when persona and message alone are too long', async () => {
    expect(await choose(101, [1], 100)).toBeUndefined();
  });

  const tokensOfTurns = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 40 });
  const fixedTokens = fc.integer({ min: 1, max: 300 });

  it('never exceeds the budget and never moves back, when persona and message fit', async () => {
    await fc.assert(
      fc.asyncProperty(fixedTokens, tokensOfTurns, fc.nat(2000), fc.nat(40), async (fixed, tokens, spare, from) => {
        const chosen = await choose(fixed, tokens, fixed + spare, from);
        const index = chosen?.index ?? Number.NaN;
        expect(chosen?.promptTokens).toBe(tokens.slice(index).reduce((a, b) => a + b, fixed));
        expect(chosen?.promptTokens).toBeLessThanOrEqual(fixed + spare);
        expect(index).toBeGreaterThanOrEqual(Math.min(from, tokens.length));
      }),
    );
  });

  it('is undefined whenever they do not', async () => {
    await fc.assert(
      fc.asyncProperty(fixedTokens, tokensOfTurns, fc.nat(40), async (fixed, tokens, from) => {
        expect(await choose(fixed, tokens, fixed - 1, from)).toBeUndefined();
      }),
    );
  });
});
