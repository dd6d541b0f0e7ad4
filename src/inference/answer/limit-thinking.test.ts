import { expect, it } from 'vitest';
import { closingBias } from './limit-thinking.js';

const CLOSE: readonly number[] = [7, 8, 7, 9];
const nextOf = (tokens: readonly number[], thinkingTokens: number, isThinking = true): number | undefined =>
  closingBias({ isThinking, thinkingTokens, tokens }, CLOSE, 2)?.keys().next().value;

it('leaves the choice to the model below the limit, and once thoughts are closed', () => {
  expect(nextOf([1], 1)).toBeUndefined();
  expect(nextOf([1, 2, 7, 8, 7, 9], 6, false)).toBeUndefined();
  expect(closingBias({ isThinking: true, thinkingTokens: 1e9, tokens: [] }, CLOSE)).toBeUndefined();
});

it('closes token by token, wherever an earlier attempt stopped', () => {
  expect([nextOf([1, 2], 2), nextOf([1, 2, 7], 3), nextOf([1, 2, 7, 8], 4), nextOf([1, 2, 7, 8, 7], 5)]).toEqual([
    ...CLOSE,
  ]);
});

it('does not take the end of a thought for what closes it', () => {
  expect(nextOf([1, 7], 2)).toBe(7);
});

it('begins again where other tokens came beyond the limit, as after a resumption with another one', () => {
  expect(nextOf([1, 2, 3, 4], 4)).toBe(7);
  expect(nextOf([1, 2, 3, 7], 4)).toBe(8);
});
