import { expect, test } from 'vitest';
import { keyword, personaName } from './search-attributes.js';

test('a value that fits is indexed as it is, a longer one by its beginning', () => {
  expect(keyword('ada')).toBe('ada');
  expect(keyword('x'.repeat(255))).toHaveLength(255);
  expect(keyword('x'.repeat(300))).toBe('x'.repeat(255));
});

test('a cut never leaves half a character', () => {
  expect(keyword(`${'x'.repeat(254)}😀`)).toBe('x'.repeat(254));
});

test('a persona is named by its beginning, on one line', () => {
  expect(personaName('You are\n  kind.')).toBe('You are kind.');
  expect(personaName('x'.repeat(100))).toBe(`${'x'.repeat(59)}…`);
});
