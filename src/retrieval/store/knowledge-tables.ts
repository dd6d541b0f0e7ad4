import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';

/**
 * The tables of one knowledge base. Of its own, because an HNSW index is of one dimension, because a knowledge base is dropped, indexed
 * and moved without the others, and because a search then reads nothing of theirs.
 */
export interface KnowledgeTables {
  /** (document, chunk) → the chunk as JSON: read for hits alone. */
  readonly chunks: RawBuilder<unknown>;
  /** (document, chunk) → its embedding, as a vector of unit length. */
  readonly vectors: RawBuilder<unknown>;
  /** (term, document) → `entries`: see `postings.ts`. Several rows where a document was staged in several batches. */
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

/** A page is of 8 kB. */
const MAX_PLAIN_BYTES = 8_000;

/** @param dimensions already validated: it becomes SQL */
export async function createKnowledgeTables(
  kysely: Kysely<DatabaseSchema>,
  id: number,
  dimensions: number,
): Promise<void> {
  const { chunks, vectors, postings } = knowledgeTables(id);
  const key = sql.raw('document integer not null, chunk integer not null, primary key (document, chunk)');
  await sql`create table ${chunks} (content jsonb not null, ${key})`.execute(kysely);
  // Without vectors it stays empty.
  await sql`create table ${vectors} (embedding vector(${sql.lit(Math.max(1, dimensions))}) not null, ${key})`.execute(
    kysely,
  );
  // Out of line, each of the vectors would cost a search another page.
  await sql`alter table ${vectors} alter column embedding set storage ${sql.raw(dimensions * 4 <= MAX_PLAIN_BYTES ? 'plain' : 'external')}`.execute(
    kysely,
  );
  await sql`create table ${postings} (term bigint not null, document integer not null, entries bytea not null)`.execute(
    kysely,
  );
  // With the entries: what a search reads of a term lies together.
  await sql`create index on ${postings} (term) include (document, entries)`.execute(kysely);
  await sql`create index on ${postings} (document)`.execute(kysely);
}

export async function dropKnowledgeTables(kysely: Kysely<DatabaseSchema>, id: number): Promise<void> {
  const { chunks, vectors, postings } = knowledgeTables(id);
  await sql`drop table ${chunks}, ${vectors}, ${postings}`.execute(kysely);
}
