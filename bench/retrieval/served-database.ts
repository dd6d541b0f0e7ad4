import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseSocketPath } from '../../src/local-socket.js';
import { endProcess } from '../../test/support/end-process.js';

const PROGRAM = fileURLToPath(new URL('../../../bin/colloquy.js', import.meta.url));

/** The embedded database in a process and a folder of its own. */
export interface ServedDatabase {
  readonly socketPath: string;
  /** Resident, in MB; NaN where the system does not tell. */
  memoryMb(): number;
  /** Since it started, in seconds: what a busy machine hardly changes. NaN where the system does not tell. */
  processorSeconds(): number;
  /** SIGKILL, and a new process on the folder. */
  crash(): Promise<void>;
  /** The folder is removed. */
  stop(): Promise<void>;
}

export async function serveDatabase(): Promise<ServedDatabase> {
  const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  let child = await start(home);
  const readProc = (file: string): string => {
    try {
      return readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  return {
    socketPath: databaseSocketPath(home),
    memoryMb: () => Number(/VmRSS:\s+(\d+)/u.exec(readProc('status'))?.[1]) / 1e3,
    processorSeconds() {
      // source: proc_pid_stat(5): utime and stime are the 14th and 15th field, in hundredths of a second.
      const fields = readProc('stat').split(') ').at(-1)?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async crash() {
      await endProcess(child, 'SIGKILL');
      child = await start(home);
    },
    async stop() {
      await endProcess(child, 'SIGTERM');
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function start(home: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'database'], {
    env: { ...process.env, COLLOQUY_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      if (data.toString().includes('The database is served')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the database ended: ${code}`)));
  });
  return child;
}
