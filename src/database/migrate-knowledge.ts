import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { DatabaseError } from './database-error.js';
import { migrate } from './migrate.js';
import { KNOWLEDGE_MIGRATIONS } from './migrations/index.js';
import type { DatabaseSchema } from './schema.js';

/** The first version with iterative index scans. source: pgvector, CHANGELOG.md, 0.8.0 */
const MIN_VECTOR_VERSION = [0, 8];

/**
 * Migrates the schema of knowledge bases. Separate from the other migrations, because installations that only
 * archive transcripts do not need pgvector.
 *
 * @throws {DatabaseError} `Database.ExtensionMissing`
 */
export async function migrateKnowledge(kysely: Kysely<DatabaseSchema>): Promise<void> {
  const found = await findVector(kysely);
  if (found.available === null && found.installed === null) {
    throw missing(
      'The PostgreSQL server has no pgvector. Install it there (https://github.com/pgvector/pgvector#installation), then run: create extension vector;',
    );
  }
  const version = found.installed ?? found.available ?? '';
  if (!isAtLeast(version, MIN_VECTOR_VERSION)) {
    throw missing(
      `The database has pgvector ${version}; 0.8 or later is needed. Update it on the server, then run: alter extension vector update;`,
    );
  }
  try {
    await migrate(kysely, KNOWLEDGE_MIGRATIONS);
  } catch (error) {
    const isForbidden = error instanceof Error && 'code' in error && error.code === '42501';
    if (!isForbidden || found.installed !== null) throw error;
    throw missing(
      `This user of the database may not create extensions (${error.message}). Let a superuser run there: create extension vector;`,
      error,
    );
  }
}

async function findVector(
  kysely: Kysely<DatabaseSchema>,
): Promise<{ installed: string | null; available: string | null }> {
  const { rows } = await sql<{ installed: string | null; available: string | null }>`
    select (select extversion from pg_extension where extname = 'vector') as installed,
      (select default_version from pg_available_extensions where name = 'vector') as available`.execute(kysely);
  return rows[0] ?? { installed: null, available: null };
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

function missing(message: string, cause?: unknown): DatabaseError {
  return new DatabaseError('Database.ExtensionMissing', message, { cause });
}
