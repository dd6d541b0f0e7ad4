import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { isAlive, type ProcessIdentity } from '../../src/run-folder/process-identity.js';

const started = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of started) await kill(child);
});

/** A program that prints JSON lines, in a group of its own; killed after the test if it still runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The next line it prints. Rejects when it ends instead. */
  readonly nextLine: () => Promise<unknown>;
}

export function run(...args: string[]): Running {
  return runWith({}, ...args);
}

/** @param environment added to that of the tests */
export function runWith(environment: Readonly<Record<string, string>>, ...args: string[]): Running {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true, env });
  started.add(child);
  if (child.pid === undefined) throw new Error(`cannot start ${args.join(' ')}`);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    pid: child.pid,
    async nextLine() {
      const line = await lines.next();
      if (line.done === true) throw new Error(`${args.join(' ')} ended without a further line`);
      return JSON.parse(line.value);
    },
  };
}

export async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  started.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
}

/** How long it takes until the process is gone, in ms; `Infinity` when it takes longer than `limitMs`. */
export async function untilGone(identity: ProcessIdentity, limitMs: number): Promise<number> {
  const since = performance.now();
  while (isAlive(identity)) {
    if (performance.now() - since > limitMs) return Infinity;
    await sleep(20);
  }
  return performance.now() - since;
}
