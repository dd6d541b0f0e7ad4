import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/database/database-address.js';
import { databaseSocketPath } from '../../src/local-socket.js';
import { superviseProcess } from '../../src/workers/stack/supervised-process.js';
import { findPostgres, startPostgres } from './postgres-server.js';
import { createProgramHome } from './program-home.js';

/** A database of its own, empty, as a deployment has it. */
export interface TestDatabase {
  readonly address: DatabaseAddress;
  /** `kill -9`. It comes back by itself, as it does in a deployment. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const CLI = fileURLToPath(new URL('../../bin/colloquy.js', import.meta.url));

/** The process that `npm start` supervises. */
export async function startEmbedded(): Promise<TestDatabase> {
  const home = await createProgramHome({ artefacts: 'none' });
  const supervised = superviseProcess({
    name: 'database',
    command: process.execPath,
    args: [CLI, 'database'],
    env: { COLLOQUY_HOME: home.path },
    logFile: join(home.path, 'logs', 'database.log'),
    backoff: { firstMs: 100 },
  });
  await supervised.ready;
  return {
    address: { socketPath: databaseSocketPath(home.path) },
    crash: () => {
      if (supervised.pid !== undefined) process.kill(supervised.pid, 'SIGKILL');
      return Promise.resolve();
    },
    stop: () => supervised.stop(),
  };
}

/** @throws when no PostgreSQL is found: see `findPostgres` */
export async function startServer(): Promise<TestDatabase & { readonly url: string }> {
  const installed = findPostgres();
  if (installed === undefined) throw new Error('no PostgreSQL');
  const { temporalPort: port } = await createProgramHome({ artefacts: 'none' });
  const server = await startPostgres(installed, port);
  return { url: server.url, address: { url: server.url }, crash: () => server.crash(), stop: () => server.stop() };
}
