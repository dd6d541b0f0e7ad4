import { expect, test } from 'vitest';
import { keyword, personaName, turnMark } from './search-attributes.js';

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

test('turns are counted by 1, 2, 5, 10, 20, 50 and so on', () => {
  const counted = [0, 1, 2, 3, 4, 5, 9, 10, 19, 20, 49, 50, 99, 100, 999, 1000, 1999, 2000].map(turnMark);
  expect(counted).toEqual([0, 1, 2, 2, 2, 5, 5, 10, 10, 20, 20, 50, 50, 100, 500, 1000, 1000, 2000]);
});
