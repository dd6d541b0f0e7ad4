import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createTerminal, formatTable, printable } from './terminal.js';

it.each([
  { screen: true, seen: 'Because the sky\nThe model worker is started again.\n is blue.\nDone.\n' },
  { screen: false, seen: 'Because the skyThe model worker is started again.\n is blue.\nDone.\n' },
])('puts a note into the middle of an answer on a line of its own, on a screen only: $screen', ({ screen, seen }) => {
  let shown = '';
  const stream = Object.assign(new PassThrough(), { isTTY: screen });
  stream.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a process that is used here
  const terminal = createTerminal({
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
  } as unknown as NodeJS.Process);
  terminal.write('Because the sky');
  terminal.note('The model worker is started again.');
  terminal.write(' is blue.');
  terminal.write('\n');
  terminal.note('Done.');
  expect(shown).toBe(seen);
});

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
