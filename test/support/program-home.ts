import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { resolveHome } from '../../src/artefacts/home.js';

/** What a process of a stack does, told by its command line. */
export type Role =
  | 'start'
  | 'model worker'
  | 'engine'
  | 'sessions worker'
  | 'archive worker'
  | 'retrieval worker'
  | 'encoder'
  | 'database'
  | 'temporal server'
  | 'other';

/** A data folder of its own, its ports, and all processes that run on it, whoever started them. */
export interface ProgramHome {
  readonly path: string;
  readonly temporalPort: number;
  readonly uiPort: number;
  /** Where its Temporal server listens. */
  readonly address: string;
  /** For the program's process: nothing of the developer's own settings gets through. */
  readonly env: NodeJS.ProcessEnv;
  processes(): HomeProcess[];
  /** @throws when not exactly one process has this role */
  pidOf(role: Role): number;
  kill(...roles: readonly Role[]): void;
  /** Waits until none of these (default: no process at all) is left. @returns how long that took, in ms. @throws after `limitMs` */
  untilGone(options?: { readonly roles?: readonly Role[]; readonly limitMs?: number }): Promise<number>;
}

export interface HomeProcess {
  readonly pid: number;
  readonly role: Role;
}

const homes = new Set<ProgramHome>();
// Also when a test fails or times out: a server left behind would hold its port and slow down every test after it.
afterAll(async () => {
  for (const home of homes) {
    killAll(home);
    await home.untilGone({ limitMs: 10_000 });
    rmSync(home.path, { recursive: true, force: true, maxRetries: 3 });
  }
  homes.clear();
});
process.on('exit', () => homes.forEach(killAll));

/** Removed after the test file, with every process that runs on it. What was fetched before is used: nothing is downloaded. */
export async function createProgramHome(
  options: { readonly artefacts?: 'shared' | 'none' } = {},
): Promise<ProgramHome> {
  const path = mkdtempSync(join(tmpdir(), 'colloquy-e2e-'));
  if (options.artefacts !== 'none') symlinkSync(sharedArtefacts(), join(path, 'artefacts'));
  const [temporalPort, uiPort] = await freePorts();
  const processes = (): HomeProcess[] => processesWith(`COLLOQUY_HOME=${path}`);
  const home: ProgramHome = {
    path,
    temporalPort,
    uiPort,
    address: `127.0.0.1:${temporalPort}`,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_SETTINGS.test(name))),
      COLLOQUY_HOME: path,
      COLLOQUY_TEMPORAL_PORT: `${temporalPort}`,
      COLLOQUY_UI_PORT: `${uiPort}`,
    },
    processes,
    pidOf(role) {
      const [found, ...more] = processes().filter((each) => each.role === role);
      if (found === undefined || more.length > 0) throw new Error(`Not one ${role}: ${JSON.stringify(processes())}`);
      return found.pid;
    },
    kill(...roles) {
      for (const each of processes()) if (roles.includes(each.role)) signal(each.pid);
    },
    async untilGone({ roles, limitMs = 15_000 } = {}) {
      const since = performance.now();
      for (;;) {
        const left = processes().filter(({ role }) => roles === undefined || roles.includes(role));
        const waitedMs = performance.now() - since;
        if (left.length === 0) return waitedMs;
        if (waitedMs > limitMs) throw new Error(`Still there after ${limitMs} ms: ${JSON.stringify(left)}`);
        await sleep(20);
      }
    },
  };
  homes.add(home);
  return home;
}

/** Where the set-up of the tests has put what the program needs. */
export function sharedArtefacts(): string {
  return join(resolveHome(process.env), 'artefacts');
}

const OWN_SETTINGS = /^(COLLOQUY|DATABASE_URL|VITEST|NODE_OPTIONS|NODE_ENV|TEMPORAL_(?!CLI_PATH))/u;

/** Two ports that nobody listens on just now. */
async function freePorts(): Promise<[number, number]> {
  const open = (): Promise<{ port: number; close: () => void }> =>
    new Promise((resolve) => {
      const server = createServer();
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address !== 'object' || address === null) throw new Error('no address');
        resolve({ port: address.port, close: () => server.close() });
      });
    });
  const [first, second] = [await open(), await open()];
  first.close();
  second.close();
  return [first.port, second.port];
}

/** By their environment, which every process inherits: also those whose starter is dead, which no tree of processes shows. */
function processesWith(variable: string): HomeProcess[] {
  if (process.platform !== 'linux') throw new Error('These tests find processes in /proc: they need Linux.');
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(variable)) return [];
      return [{ pid: Number(name), role: roleOf(readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0')) }];
    } catch {
      // It ended meanwhile, or belongs to somebody else.
      return [];
    }
  });
}

function roleOf(command: readonly string[]): Role {
  const line = command.join(' ');
  if (/server start-dev/u.test(line)) return 'temporal server';
  if (/engine-process/u.test(line)) return 'engine';
  if (/ worker model/u.test(line)) return 'model worker';
  if (/ worker sessions/u.test(line)) return 'sessions worker';
  if (/ worker archive/u.test(line)) return 'archive worker';
  if (/ worker retrieval/u.test(line)) return 'retrieval worker';
  if (/encoder-process/u.test(line)) return 'encoder';
  if (/colloquy\.js database/u.test(line)) return 'database';
  return /colloquy\.js start|start\.mjs/u.test(line) ? 'start' : 'other';
}

function killAll(home: ProgramHome): void {
  for (const { pid } of home.processes()) signal(pid);
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}
