import { expect, it } from 'vitest';
import { boundPartial, longestPartial, partialIn } from './partial-answer.js';

it('finds what heartbeats and failures carry', () => {
  expect(partialIn({ text: 'one two', tokens: [4, 5] })).toEqual({ text: 'one two', outputTokens: 2 });
  expect(partialIn([{ status: 503 }, { text: 'one', outputTokens: 1 }])).toEqual({ text: 'one', outputTokens: 1 });
  expect(partialIn({ text: '', thinking: 'hm', tokens: [1] })).toEqual({ text: '', thinking: 'hm', outputTokens: 1 });
});

it.each([
  undefined,
  null,
  'ACTIVITY_ID_NOT_STARTED',
  [],
  {},
  { text: 5, tokens: [] },
  { text: 'x' },
  { text: '', tokens: [] },
])('finds nothing in %j', (details) => {
  expect(partialIn(details)).toBeUndefined();
});

it('takes the one that got farthest, the newest of those', () => {
  const [short, long, same] = ['a', 'ab', 'ac'].map((text) => ({ text, outputTokens: 1 }));
  expect(longestPartial(short, long, undefined)).toBe(long);
  expect(longestPartial(long, same)).toBe(same);
  expect(longestPartial()).toBeUndefined();
});

it('is bounded in a failure, and never ends in half a character', () => {
  const { text, thinking } = boundPartial({ text: `a${'😀'.repeat(200_000)}`, thinking: 'hm', outputTokens: 1 });
  expect(text.length).toBe(299_999);
  expect(text.isWellFormed()).toBe(true);
  expect(thinking).toBe('hm');
});
