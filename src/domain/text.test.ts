import { expect, it } from 'vitest';
import { excerpt } from './text.js';

it('keeps a short text and puts it on one line', () => {
  expect(excerpt(' one\n two ', 20)).toBe('one two');
});

it('marks a cut, and never cuts a character in half', () => {
  expect(excerpt('abcdef', 4)).toBe('abc…');
  expect(excerpt('ab😀def', 4)).toBe('ab…');
});
