import { expect, it } from 'vitest';
import { formatTable, printable } from './terminal.js';

it('shows control characters instead of obeying them', () => {
  expect(printable('a\u001b]0;owned\u0007b\u001b[2Jc')).toBe('a\ufffd]0;owned\ufffdb\ufffd[2Jc');
  expect(printable('line\n\ttab 汉字 😀')).toBe('line\n\ttab 汉字 😀');
});

it('aligns columns', () => {
  expect(
    formatTable([
      ['ID', 'STATE'],
      ['abc', 'open'],
    ]),
  ).toEqual(['ID   STATE', 'abc  open']);
});
