import type { Writable } from 'node:stream';

/** What a command may read and write. Answers and data go to `out`; everything about them goes to `err`. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly err: NodeJS.WriteStream;
  /** A line of data. */
  readonly print: (line: string) => void;
  /** A line about what is going on; never part of the data. */
  readonly note: (line: string) => void;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    input: stdin,
    out: stdout,
    err: stderr,
    print: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
  };
}

/** Control characters of model or user text as visible marks: text must not be able to move the cursor or retitle the window. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu, '\u{fffd}');
}

export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(cell.length, most[i] ?? 0)), []);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
