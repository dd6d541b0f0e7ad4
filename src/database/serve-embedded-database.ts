import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DatabaseError } from './database-error.js';
import { databaseFull, isForLackOfRoom, requireRoomForDatabase } from './disk-full.js';
import { openPGlite } from './open-pglite.js';
import type { PGliteSession } from './open-pglite.js';
import { serveWire } from './wire-server.js';
import type { WireServer } from './wire-server.js';

export interface EmbeddedDatabaseOptions {
  /** The folder of the database, which is created if necessary. The caller makes sure that no other process serves it. */
  readonly folder: string;
  /** The socket's folder exists and belongs to this user alone. */
  readonly socketPath: string;
  readonly onNotice: (line: string) => void;
  /** The database has crashed. Only a new process can recover it; committed data is not lost. */
  readonly onFatal: (error: unknown) => void;
}

export interface EmbeddedDatabase {
  /** Finishes the replies in progress, ends the connections, and writes all data to its final place. */
  close(): Promise<void>;
}

/**
 * Serves PGlite, a PostgreSQL in WebAssembly, to the processes of this machine through PostgreSQL's own protocol. Committed data survives
 * any end of this process, but survives a power failure only if the system had written its files.
 *
 * @throws {DatabaseError} `Database.Damaged`, `Database.Full`
 */
export async function serveEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { folder, socketPath, onNotice, onFatal } = options;
  const session = await open(folder);
  const server = await serveWire({ session, path: socketPath, onNotice, onFatal });
  const upkeep = startUpkeep(session, server, onFatal);
  return {
    async close() {
      await upkeep.stop();
      await server.close();
      await session.close();
    },
  };
}

async function open(folder: string): Promise<PGliteSession> {
  try {
    removeUnfinished(folder);
    if (!existsSync(join(folder, 'PG_VERSION'))) await create(folder);
    return await openPGlite(folder);
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    if (isForLackOfRoom(folder, error)) throw databaseFull(folder, error);
    throw new DatabaseError(
      'Database.Damaged',
      `The embedded database in ${folder} cannot be opened (${error instanceof Error ? error.message : String(error)}). ` +
        'Put back a copy of that folder, or move it away to begin with an empty database, or set DATABASE_URL to a PostgreSQL server.',
      { cause: error },
    );
  }
}

const CREATOR = fileURLToPath(new URL('./create-embedded-folder.js', import.meta.url));

/** Creates the database in a temporary folder, because a kill would otherwise leave half a database. */
async function create(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  requireRoomForDatabase(folder);
  // The folder has a unique name, because the creator process of a killed server may still be writing to another one.
  const unfinished = `${folder}.unfinished-${randomUUID()}`;
  // V8's optimising compiler does not pay off for code that runs once; without it, this takes half as long.
  try {
    await promisify(execFile)(process.execPath, ['--liftoff-only', CREATOR, unfinished]);
    chmodSync(unfinished, 0o700);
    renameSync(unfinished, folder);
  } catch (error) {
    // Checked before the clean-up, while the disk is still full.
    const full = isForLackOfRoom(folder, error) ? databaseFull(folder, error) : undefined;
    rmSync(unfinished, { recursive: true, force: true, maxRetries: 3 });
    throw full ?? error;
  }
}

function removeUnfinished(folder: string): void {
  if (!existsSync(dirname(folder))) return;
  for (const name of readdirSync(dirname(folder))) {
    if (name.startsWith(`${basename(folder)}.unfinished-`)) {
      rmSync(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

const UPKEEP_INTERVAL_MS = 30_000;
/** After a kill, the next start replays the data written since the last checkpoint, which takes less than a second at this size. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024;
const VACUUM_BYTES = 4 * CHECKPOINT_BYTES;

/** Replaces PostgreSQL's background processes, which PGlite lacks: checkpoints, vacuum and statistics, each after a certain amount of writing. */
function startUpkeep(
  session: PGliteSession,
  server: WireServer,
  onFatal: (error: unknown) => void,
): { stop(): Promise<void> } {
  let checkpointAt: number | undefined;
  let vacuumAt: number | undefined;
  const writtenBytes = async (): Promise<number> =>
    Number((await session.query(`select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes`))[0]?.['bytes']);
  const keepUp = async (): Promise<void> => {
    const written = await writtenBytes();
    checkpointAt ??= written + CHECKPOINT_BYTES;
    vacuumAt ??= written + VACUUM_BYTES;
    if (written >= vacuumAt) {
      await session.query('vacuum (analyze)');
      vacuumAt = undefined;
    }
    if (written >= checkpointAt) {
      await session.query('checkpoint');
      checkpointAt = undefined;
    }
  };
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = server.exclusively(keepUp).catch(onFatal);
  }, UPKEEP_INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
