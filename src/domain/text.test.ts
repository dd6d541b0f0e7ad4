import { expect, it } from 'vitest';
import { bothEnds, excerpt } from './text.js';

it('keeps a short text and puts it on one line', () => {
  expect(excerpt(' one\n two ', 20)).toBe('one two');
});

it('marks a cut, and never cuts a character in half', () => {
  expect(excerpt('abcdef', 4)).toBe('abc…');
  expect(excerpt('ab😀def', 4)).toBe('ab…');
});

it('keeps both ends of a long text', () => {
  expect(bothEnds('short', 10)).toBe('short');
  expect(bothEnds('abcdefghijklmnop', 9)).toBe('abc\n…\nnop');
  for (const most of [50, 51, 52, 53]) {
    const ends = bothEnds('😀'.repeat(100), most);
    expect(ends.length).toBeLessThanOrEqual(most);
    expect(ends.replaceAll('😀', '')).toBe('\n…\n');
  }
});
