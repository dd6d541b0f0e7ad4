import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { DatabaseSchema } from './schema.js';

/**
 * One step of the schema, the same for the embedded database and a server. While a deployment goes on, programs of the version before
 * run on what it leaves: add in one release, remove in the next.
 */
export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  /** Run in one transaction with all that is missing. */
  readonly statements: readonly string[];
}

/** Any number that nobody else locks: "colloquy" as ASCII. */
const LOCK = '7165064745151722873';

/**
 * Brings the schema up to date. Any number of processes may do it at once: one does, the others wait. Nothing happens when all is
 * done, or done by a later version of the program.
 */
export async function migrate(kysely: Kysely<DatabaseSchema>, migrations: readonly Migration[]): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    // Of the transaction, not of the session: connections to the embedded database share one session.
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
