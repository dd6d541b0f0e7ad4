import { expect, it } from 'vitest';
import { queryWindows } from './query-windows.js';

/** Counts a token per character or per word. */
const byCharacters = { maxTokens: 508, countTokens: (text: string) => Promise.resolve(text.length) };
const byWords = { maxTokens: 108, countTokens: (text: string) => Promise.resolve(text.split(/\s+/u).length) };

it.each(['How?', 'x'.repeat(500), `  ${'x'.repeat(500)}  `])('is whole where it fits', async (query) => {
  expect(await queryWindows(query, byCharacters)).toEqual([query.trim()]);
});

it('is its beginning and its end where it does not, cut between words', async () => {
  const words = Array.from({ length: 1_000 }, (_, index) => `word${index}`);
  const [beginning = '', end = '', ...others] = await queryWindows(words.join(' '), byWords);
  expect(others).toEqual([]);
  for (const window of [beginning, end]) {
    const kept = window.split(' ');
    expect(words).toEqual(expect.arrayContaining(kept));
    expect(kept.length).toBeGreaterThan(90);
    expect(kept.length).toBeLessThanOrEqual(100);
  }
  expect(beginning.startsWith('word0 word1 ')).toBe(true);
  expect(end.endsWith(' word998 word999')).toBe(true);
});

it.each([
  ['Chinese', '系统管理员应当每天检查数据库的状态。'.repeat(100)],
  ['a word without an end', 'x'.repeat(10_000)],
  ['pairs of surrogates', '😀'.repeat(5_000)],
  ['a short word before one without an end', `a ${'x'.repeat(10_000)}`],
])('takes %s', async (_what, query) => {
  const windows = await queryWindows(query, byCharacters);
  expect(windows).toHaveLength(2);
  for (const window of windows) {
    expect(window.length).toBeGreaterThan(400);
    expect(window.length).toBeLessThanOrEqual(500);
    expect(window.isWellFormed()).toBe(true);
  }
});
