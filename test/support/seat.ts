import { PassThrough } from 'node:stream';
import { expect } from 'vitest';
import { createTerminal } from '../../src/cli/terminal.js';
import type { Terminal } from '../../src/cli/terminal.js';

/** A terminal with somebody at it. */
export interface Seat {
  readonly terminal: Terminal;
  /** Keys, as the terminal sends them. */
  press(keys: string): void;
  /** A line with its end. */
  type(line: string): void;
  /** Waits until that was shown so often. */
  seen(text: string | RegExp, times?: number): Promise<void>;
}

export function createSeat(): Seat {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  let shown = '';
  output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const terminal = createTerminal({
    stdin: input as unknown as NodeJS.Process['stdin'],
    stdout: output as unknown as NodeJS.Process['stdout'],
    stderr: output as unknown as NodeJS.Process['stderr'],
  });
  return {
    terminal,
    press: (keys) => void input.write(keys),
    type: (line) => void input.write(`${line}\n`),
    async seen(text, times = 1) {
      await expect
        .poll(() => shown, { message: `"${text}" ${times} times` })
        .toSatisfy((all: string) => all.split(text).length - 1 >= times);
    },
  };
}
