import type { Writable } from 'node:stream';
import { typeable } from './own-command.js';

/** Input and output of a command. Answers and data go to `out`, messages about them to `err`. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly err: NodeJS.WriteStream;
  /** Writes a piece of an answer. On a screen, this and the next two show control characters as marks (`printable`). */
  readonly write: (text: string) => void;
  /** Writes a piece of the thoughts of a model: dimmed on a screen, to `err` if another program reads the answers. */
  readonly think: (text: string) => void;
  /** Writes a line of data. */
  readonly print: (line: string) => void;
  /** Writes a message, which is never part of the data. */
  readonly note: (line: string) => void;
  /**
   * Shows, on a screen only, what the program waits for: one line that replaces the previous one and disappears when anything is written, or
   * with `undefined`. Shows nothing in the middle of a line.
   */
  readonly status: (line: string | undefined) => void;
  /** While a line is being typed on a screen: redraws it below a note. `undefined` when the line is complete. */
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
    // Another program that reads the output gets the text unchanged.
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
      // On a screen, both streams share the line, so a note in the middle of an answer would look like a part of it.
      if (isMidLine && stdout.isTTY && stderr.isTTY) write('\n');
      const typed = stderr.isTTY ? redraw : undefined;
      stderr.write(`${typed === undefined ? '' : CLEAR_LINE}${typeable(printable(line))}\n`);
      typed?.();
    },
    status: (line) => {
      if (!stderr.isTTY) return;
      clearStatus();
      if (line === undefined || isMidLine) return;
      // A wrapped line could not be erased completely. A terminal that does not know its width reports 0.
      stderr.write(printable(line).slice(0, (stderr.columns || 80) - 1));
      hasStatus = true;
    },
    typing: (draw) => void (redraw = draw),
  };
}

/**
 * Shows control characters in a text as visible marks. A text must not be able to move the cursor, to change the title of the window, or to
 * change the order in which later text appears (bidirectional embeddings, overrides and isolates).
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
