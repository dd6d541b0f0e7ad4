import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';

/**
 * The tables of one knowledge base. Each knowledge base has its own tables because an HNSW index has a fixed dimension, because a knowledge
 * base is dropped, indexed and moved independently, and because a search then reads only its own data.
 */
export interface KnowledgeTables {
  /** (document, chunk) → the chunk as JSON; only read for hits. */
  readonly chunks: RawBuilder<unknown>;
  /** (document, chunk) → its embedding, as a vector of unit length. */
  readonly vectors: RawBuilder<unknown>;
  /** (term, document) → `entries`: see `postings.ts`. Several rows if a document was staged in several batches. */
  readonly postings: RawBuilder<unknown>;
  readonly vectorIndex: RawBuilder<unknown>;
}

export function knowledgeTables(id: number): KnowledgeTables {
  if (!Number.isSafeInteger(id)) throw new Error(`not the id of a knowledge base: ${id}`);
  return {
    chunks: sql.raw(`colloquy.chunks_${id}`),
    vectors: sql.raw(`colloquy.vectors_${id}`),
    postings: sql.raw(`colloquy.postings_${id}`),
    vectorIndex: sql.raw(`vectors_${id}_hnsw`),
  };
}

/** A PostgreSQL page has 8 kB. */
const MAX_PLAIN_BYTES = 8_000;

/** @param dimensions must be validated, because it becomes part of the SQL */
export async function createKnowledgeTables(
  kysely: Kysely<DatabaseSchema>,
  id: number,
  dimensions: number,
): Promise<void> {
  const { chunks, vectors, postings } = knowledgeTables(id);
  const key = sql.raw('document integer not null, chunk integer not null, primary key (document, chunk)');
  await sql`create table ${chunks} (content jsonb not null, ${key})`.execute(kysely);
  // Stays empty if there are no vectors.
  await sql`create table ${vectors} (embedding vector(${sql.lit(Math.max(1, dimensions))}) not null, ${key})`.execute(
    kysely,
  );
  // If vectors were stored out of line, each would cost a search another page.
  await sql`alter table ${vectors} alter column embedding set storage ${sql.raw(dimensions * 4 <= MAX_PLAIN_BYTES ? 'plain' : 'external')}`.execute(
    kysely,
  );
  await sql`create table ${postings} (term bigint not null, document integer not null, entries bytea not null)`.execute(
    kysely,
  );
  // Includes the entries, so that everything that a search reads for a term is in one place.
  await sql`create index on ${postings} (term) include (document, entries)`.execute(kysely);
  await sql`create index on ${postings} (document)`.execute(kysely);
}

export async function dropKnowledgeTables(kysely: Kysely<DatabaseSchema>, id: number): Promise<void> {
  const { chunks, vectors, postings } = knowledgeTables(id);
  await sql`drop table ${chunks}, ${vectors}, ${postings}`.execute(kysely);
}
