import { Socket } from 'node:net';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { refuseForeignFolder } from '../local-socket.js';
import type { DatabaseAddress } from './database-address.js';
import { toDatabaseError } from './database-error.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import type { DatabaseSchema } from './schema.js';

/** A pool that connects on demand, so a database that starts later, or comes back, simply works. */
export interface Database {
  /**
   * Runs `action` on a database whose schema is up to date.
   *
   * @throws {DatabaseError} if the database is the cause; other errors unchanged.
   */
  use<Result>(action: (kysely: Kysely<DatabaseSchema>) => Promise<Result>): Promise<Result>;
  /** Changes nothing, not even the schema. @returns the version of the PostgreSQL server @throws {DatabaseError} */
  version(): Promise<string>;
  close(): Promise<void>;
}

export interface ConnectDatabaseOptions {
  /** Maximum number of connections. Default: 8. The embedded database serves one at a time regardless. */
  readonly maxConnections?: number;
  /** Maximum wait for a connection. Default: 10 seconds. */
  readonly connectTimeoutMs?: number;
}

/** Creates the pool without connecting: see `Database.use`. */
export function connectDatabase(address: DatabaseAddress, options: ConnectDatabaseOptions = {}): Database {
  const { maxConnections = 8, connectTimeoutMs = 10_000 } = options;
  const pool = new pg.Pool({
    ...('url' in address ? { connectionString: address.url } : socketSettings(address.socketPath)),
    application_name: 'colloquy',
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
  // The next use replaces a broken connection, whether idle or in use. Without listeners, its error would end this process.
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  const kysely = new Kysely<DatabaseSchema>({ dialect: new PostgresDialect({ pool }) });
  let migrated: Promise<void> | undefined;
  return {
    async use(action) {
      try {
        migrated ??= migrate(kysely, MIGRATIONS);
        const migrating = migrated;
        await migrating.catch((error: unknown) => {
          // The next use tries again.
          if (migrated === migrating) migrated = undefined;
          throw error;
        });
        return await action(kysely);
      } catch (error) {
        throw toDatabaseError(error, address);
      }
    },
    async version() {
      try {
        const { rows } = await sql<{ server_version: string }>`show server_version`.execute(kysely);
        return rows[0]?.server_version ?? 'unknown';
      } catch (error) {
        throw toDatabaseError(error, address);
      }
    },
    close: () => kysely.destroy(),
  };
}

/** `pg` supports only sockets named as PostgreSQL names its own, and no Windows pipes. */
function socketSettings(path: string): pg.PoolConfig {
  return {
    host: 'embedded',
    user: 'postgres',
    database: 'postgres',
    ssl: false,
    stream: () => new PathSocket(path),
  };
}

class PathSocket extends Socket {
  constructor(private readonly path: string) {
    super();
  }

  /** `pg` passes port and host, which are meaningless here. */
  override connect(): this {
    try {
      refuseForeignFolder(this.path);
    } catch (error) {
      return this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return super.connect(this.path);
  }
}
