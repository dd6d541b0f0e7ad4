import type { Writable } from 'node:stream';
import { typeable } from './own-command.js';

/** What a command may read and write. Answers and data go to `out`; everything about them goes to `err`. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly err: NodeJS.WriteStream;
  /** A piece of an answer, as it comes. On a screen all three show control characters as marks (`printable`). */
  readonly write: (text: string) => void;
  /** A piece of what a model thinks: dimmed on a screen. Where a program reads the answers it goes to `err`. */
  readonly think: (text: string) => void;
  /** A line of data. */
  readonly print: (line: string) => void;
  /** A line about what is going on; never part of the data. */
  readonly note: (line: string) => void;
  /**
   * What is being waited for, on a screen alone: one line that takes the place of the one before, and goes when anything is written, or
   * by `undefined`. In the middle of a line nothing is shown.
   */
  readonly status: (line: string | undefined) => void;
  /** While a line is being typed on a screen: draws it anew under a note. `undefined` when it is done. */
  readonly typing: (redraw: (() => void) | undefined) => void;
}

/** Back to the line's beginning, and all of it erased. source: ECMA-48, 8.3.41 (EL) */
const CLEAR_LINE = '\r\u001b[2K';

export function createTerminal({
  stdin,
  stdout,
  stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>): Terminal {
  let isMidLine = false;
  let hasStatus = false;
  let redraw: (() => void) | undefined;
  const clearStatus = (): void => {
    if (hasStatus) stderr.write(CLEAR_LINE);
    hasStatus = false;
  };
  const write = (text: string): void => {
    if (text === '') return;
    clearStatus();
    isMidLine = !text.endsWith('\n');
    // A program that reads along gets the text as it is.
    stdout.write(stdout.isTTY ? printable(text) : text);
  };
  return {
    input: stdin,
    out: stdout,
    err: stderr,
    write,
    think(text) {
      if (text === '') return;
      clearStatus();
      if (!stdout.isTTY) {
        stderr.write(stderr.isTTY ? dimmed(text) : text);
        return;
      }
      isMidLine = !text.endsWith('\n');
      stdout.write(dimmed(text));
    },
    print: (line) => write(`${line}\n`),
    note: (line) => {
      clearStatus();
      // On a screen both streams share the line: a note in the middle of an answer would read as part of it.
      if (isMidLine && stdout.isTTY && stderr.isTTY) write('\n');
      const typed = stderr.isTTY ? redraw : undefined;
      stderr.write(`${typed === undefined ? '' : CLEAR_LINE}${typeable(printable(line))}\n`);
      typed?.();
    },
    status: (line) => {
      if (!stderr.isTTY) return;
      clearStatus();
      if (line === undefined || isMidLine) return;
      // A line that wraps would not go as a whole. A terminal may not know its width, and say 0.
      stderr.write(printable(line).slice(0, (stderr.columns || 80) - 1));
      hasStatus = true;
    },
    typing: (draw) => void (redraw = draw),
  };
}

/**
 * Control characters of somebody's text as visible marks: text must not be able to move the cursor or retitle the window, nor to show
 * what comes after it, or a line of ours, in another order than it stands (bidirectional embeddings, overrides and isolates).
 * source: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\u{fffd}');
}

/** source: ECMA-48 §8.3.117, SGR: 2 is faint, 22 is neither bold nor faint. */
function dimmed(text: string): string {
  return `\u001B[2m${printable(text)}\u001B[22m`;
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
