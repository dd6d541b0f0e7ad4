import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgramHome } from './program-home.js';

/** Six processes start for one stack, and two other test files may start theirs meanwhile. */
const START_LIMIT_MS = 120_000;

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface RunOptions {
  /** Standard input, whole. Without it, it stays open for `write`. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the program itself, `bin/colloquy.js`. */
  readonly script?: string;
}

/** The program as a user runs it: a process with pipes. */
export interface Program {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended. */
  readonly ended: Promise<Ended>;
  write(text: string): void;
  endInput(): void;
  kill(signal: NodeJS.Signals): void;
  /** Waits until that was printed on standard error. @throws when the program ends, or the time is over, without it */
  told(text: string | RegExp, limitMs?: number): Promise<void>;
  /** Waits until so much was printed on standard output. */
  printed(length: number, limitMs?: number): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly ms: number;
}

export function startProgram(home: ProgramHome, args: readonly string[], options: RunOptions = {}): Program {
  const { input, env, script = 'bin/colloquy.js' } = options;
  const since = performance.now();
  const child = spawn(process.execPath, [root + script, ...args], { cwd: root, env: { ...home.env, ...env } });
  if (child.pid === undefined) throw new Error(`cannot start ${script}`);
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => output.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.stderr.push(chunk));
  // A program that ends before it has read everything is one of the things tested.
  child.stdin.on('error', () => undefined);
  if (input !== undefined) child.stdin.end(input);
  const read = (stream: 'stdout' | 'stderr'): string => Buffer.concat(output[stream]).toString('utf8');
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      const ms = performance.now() - since;
      resolve({ code, signal, stdout: read('stdout'), stderr: read('stderr'), ms });
    });
  });
  const until = async (condition: () => boolean, what: string, limitMs: number): Promise<void> => {
    const giveUpAt = performance.now() + limitMs;
    while (!condition()) {
      const fault = child.exitCode !== null || child.signalCode !== null ? 'it ended' : 'the time is over';
      if (performance.now() > giveUpAt || fault === 'it ended') {
        // Its last words may still be on their way.
        await sleep(100);
        if (condition()) return;
        throw new Error(
          `colloquy ${args.join(' ')}: ${fault} without ${what}.\n--- stdout\n${read('stdout')}\n--- stderr\n${read('stderr')}`,
        );
      }
      await sleep(20);
    }
  };
  return {
    pid: child.pid,
    get stdout() {
      return read('stdout');
    },
    get stderr() {
      return read('stderr');
    },
    ended,
    write: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    told: (text, limitMs = START_LIMIT_MS) =>
      until(
        () => (typeof text === 'string' ? read('stderr').includes(text) : text.test(read('stderr'))),
        `${text}`,
        limitMs,
      ),
    printed: (length, limitMs = 60_000) =>
      until(() => read('stdout').length >= length, `${length} characters of output`, limitMs),
  };
}

/** Runs it to its end. Without `input`, its standard input is empty. */
export function runProgram(home: ProgramHome, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startProgram(home, args, { input: '', ...options }).ended;
}
