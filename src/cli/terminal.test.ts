import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { ToolError } from '../tools/tool-error.js';
import { reportError } from './report-error.js';
import { createTerminal, formatTable, printable } from './terminal.js';

/** A terminal of 20 columns on which both streams are one, and what it shows. */
function oneStream(isTTY: boolean) {
  let shown = '';
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  stream.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a process that is used here
  const terminal = createTerminal({
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
  } as unknown as NodeJS.Process);
  return { terminal, stream, shown: () => shown };
}

it.each([
  { screen: true, seen: 'Because the sky\nThe model worker is started again.\n is blue.\nDone.\n' },
  { screen: false, seen: 'Because the skyThe model worker is started again.\n is blue.\nDone.\n' },
])('puts a note into the middle of an answer on a line of its own, on a screen only: $screen', ({ screen, seen }) => {
  const { terminal, shown } = oneStream(screen);
  terminal.write('Because the sky');
  terminal.note('The model worker is started again.');
  terminal.write(' is blue.');
  terminal.write('\n');
  terminal.note('Done.');
  expect(shown()).toBe(seen);
});

it.each([true, false])('puts a note above the line that is being typed, on a screen only: %s', (screen) => {
  const { terminal, stream, shown } = oneStream(screen);
  stream.write('> What is');
  terminal.typing(() => stream.write('> What is'));
  terminal.note('The model worker is started again.');
  terminal.typing(undefined);
  terminal.note('Done.');
  const note = 'The model worker is started again.\n';
  expect(shown()).toBe(screen ? `> What is\r\u001b[2K${note}> What isDone.\n` : `> What is${note}Done.\n`);
});

it('shows what is waited for on one line, which goes when anything is written, and on a screen alone', () => {
  for (const screen of [true, false]) {
    const { terminal, shown } = oneStream(screen);
    terminal.status('waiting: place 2 of 3 in the queue');
    terminal.status('reading: 5 of 10');
    terminal.write('An answer');
    terminal.status('never in the middle of a line');
    terminal.write('.\n');
    terminal.status('again');
    terminal.note('A note.');
    terminal.status('last');
    terminal.status(undefined);
    const clear = '\r\u001b[2K';
    expect(shown()).toBe(
      screen
        ? `waiting: place 2 of${clear}reading: 5 of 10${clear}An answer.\nagain${clear}A note.\nlast${clear}`
        : 'An answer.\nA note.\n',
    );
  }
});

it.each([
  { screen: true, out: '\u001B[2mHm \ufffd[2J\u001B[22mYes\n', err: '' },
  { screen: false, out: 'Yes\n', err: 'Hm \u001b[2J' },
])('shows thoughts dimmed, and never to a program that reads the answer: $screen', ({ screen, out, err }) => {
  const seen = { out: '', err: '' };
  const stdout = Object.assign(new PassThrough(), { isTTY: screen });
  const stderr = Object.assign(new PassThrough(), { isTTY: false });
  stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (seen.err += chunk.toString()));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a process that is used here
  const terminal = createTerminal({ stdin: process.stdin, stdout, stderr } as unknown as NodeJS.Process);
  terminal.think('Hm \u001b[2J');
  terminal.write('Yes');
  terminal.write('\n');
  expect(seen).toEqual({ out, err });
});

it('shows control characters instead of obeying them', () => {
  expect(printable('a\u001b]0;owned\u0007b\u001b[2Jc')).toBe('a\ufffd]0;owned\ufffdb\ufffd[2Jc');
  expect(printable('line\n\ttab 汉字 😀')).toBe('line\n\ttab 汉字 😀');
});

it.each([
  [
    'a tool that failed',
    'Tool "x" failed: \u001b[2J\u001b]52;c;aGk=\u0007',
    'Tool "x" failed: \ufffd[2J\ufffd]52;c;aGk=\ufffd',
  ],
  ['a title', 'invoice\u202Efdp.exe', 'invoice\ufffdfdp.exe'],
  ['isolates', '\u2066a\u2067b\u2068c\u2069', '\ufffda\ufffdb\ufffdc\ufffd'],
  ['lines that are none', 'a\u2028b\u2029c\rd', 'a\ufffdb\ufffdc\ufffdd'],
  ['text from right to left', 'שלום \u200fعالم', 'שלום \u200fعالم'],
])('shows %s as it stands, whoever prints it', (_, text, seen) => {
  for (const screen of [true, false]) {
    const stdout = Object.assign(new PassThrough(), { isTTY: screen });
    const stderr = Object.assign(new PassThrough(), { isTTY: screen });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a process that is used here
    const terminal = createTerminal({ stdin: process.stdin, stdout, stderr } as unknown as NodeJS.Process);
    terminal.note(text);
    expect(String(stderr.read())).toBe(`${seen}\n`);
    terminal.print(text);
    // Data for a program is left as it is.
    expect(String(stdout.read())).toBe(`${screen ? seen : text}\n`);
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => written.push(String(line)) > 0);
    reportError(new ToolError('Tool.Failed', text), true);
    reportError(new Error('library', { cause: new Error(text) }), true);
    write.mockRestore();
    expect(written.join('')).toContain(seen);
    // eslint-disable-next-line no-control-regex
    expect(written.join('')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/u);
  }
});

it('aligns columns', () => {
  expect(
    formatTable([
      ['ID', 'STATE'],
      ['abc', 'open'],
    ]),
  ).toEqual(['ID   STATE', 'abc  open']);
});
