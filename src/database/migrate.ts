import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { DatabaseSchema } from './schema.js';

/**
 * One step of the schema, the same for the embedded database and a server. During a deployment, programs of the previous version still run
 * on the new schema, so add columns and tables in one release, and remove the old ones in the next.
 */
export interface Migration {
  /** Starts at 1, without gaps. */
  readonly number: number;
  readonly name: string;
  /** Run in one transaction together with all other pending migrations. */
  readonly statements: readonly string[];
}

/** A number that no other program is likely to lock: "colloquy" as ASCII. */
const LOCK = '7165064745151722873';

/**
 * Brings the schema up to date. Any number of processes may call it at the same time: one migrates, and the others wait. Does nothing if
 * the schema is up to date, or if a later version of the program has migrated it.
 */
export async function migrate(kysely: Kysely<DatabaseSchema>, migrations: readonly Migration[]): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    // The lock belongs to the transaction, not to the session, because all connections to the embedded database share one session.
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)}::bigint)`.execute(transaction);
    await sql`create schema if not exists colloquy`.execute(transaction);
    await sql`create table if not exists colloquy.migrations (
      number integer primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`.execute(transaction);
    const rows = await transaction.selectFrom('colloquy.migrations').select('number').execute();
    const applied = new Set(rows.map((row) => row.number));
    for (const { number, name, statements } of migrations) {
      if (applied.has(number)) continue;
      for (const statement of statements) await sql.raw(statement).execute(transaction);
      await transaction.insertInto('colloquy.migrations').values({ number, name }).execute();
    }
  });
}
