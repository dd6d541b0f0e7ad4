import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { toStorableJson } from '../../database/storable-text.js';
import { toVectorLiteral } from './vector-literal.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { SearchTerms, StagedChunk } from './knowledge-store.js';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import { MAX_CHUNK_INDEX } from './postings.js';
import { RetrievalError } from './retrieval-error.js';
import { MAX_POSTED_CHUNKS, writePostings } from './write-postings.js';

/** Maximum size of one statement. */
const MAX_STATEMENT_CHARACTERS = 4_000_000;

/** Implements `KnowledgeStore.stageChunks`, for a version that is staged and locked. @returns number of chunks that were new */
export async function stageChunks(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  document: number,
  chunks: readonly StagedChunk[],
  terms: SearchTerms,
): Promise<number> {
  // Validates all chunks before writing the first.
  const rows = chunks.map((chunk) => toRow(chunk, base));
  let added = 0;
  for (const batch of splitBatches(rows)) added += await stageBatch(transaction, base, document, batch, terms);
  return added;
}

/** The first index without a staged chunk. */
export async function firstGap(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  document: number,
): Promise<number> {
  const { chunks } = knowledgeTables(base.id);
  const { rows } = await sql<{ gap: number | null }>`
    select min(following) as gap
    from (
      select 0 as following
      union all
      select chunk + 1 from ${chunks} where document = ${document}
    ) as candidates
    where not exists (select 1 from ${chunks} where document = ${document} and chunk = following)`.execute(transaction);
  return rows[0]?.gap ?? 0;
}

interface Row {
  readonly chunk: StagedChunk;
  readonly content: string;
  /** Undefined if the knowledge base has no vectors. */
  readonly embedding: string | undefined;
}

function toRow(chunk: StagedChunk, base: KnowledgeBaseRow): Row {
  if (!Number.isInteger(chunk.index) || chunk.index < 0 || chunk.index > MAX_CHUNK_INDEX) {
    throw new RetrievalError(
      'InvalidRequest',
      `Chunk ${chunk.index} cannot be kept: indices go from 0 to ${MAX_CHUNK_INDEX}.`,
    );
  }
  const { embedding: vector, ...kept } = chunk;
  const embedding =
    vector === undefined && base.dimensions === 0
      ? undefined
      : toVectorLiteral(vector ?? [], base, `chunk ${chunk.index}`);
  return { chunk, content: toStorableJson(kept), embedding };
}

function* splitBatches(rows: readonly Row[]): Generator<readonly Row[]> {
  let batch: Row[] = [];
  let characters = 0;
  for (const row of rows) {
    const length = row.content.length + (row.embedding?.length ?? 0);
    if (batch.length === MAX_POSTED_CHUNKS || (batch.length > 0 && characters + length > MAX_STATEMENT_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(row);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

async function stageBatch(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  document: number,
  rows: readonly Row[],
  terms: SearchTerms,
): Promise<number> {
  const tables = knowledgeTables(base.id);
  const indices = rows.map(({ chunk }) => chunk.index);
  const inserted = await sql<{ chunk: number }>`
    insert into ${tables.chunks} (document, chunk, content)
    select ${document}, given.chunk, given.content::jsonb
    from unnest(${indices}::integer[], ${rows.map(({ content }) => content)}::text[]) as given(chunk, content)
    on conflict (document, chunk) do nothing returning chunk`.execute(transaction);
  // The document's row is locked, so no other transaction can stage these chunks meanwhile.
  const added = new Set(inserted.rows.map(({ chunk }) => chunk));
  // Of two chunks with the same index, the database kept the first.
  const kept = rows.filter(({ chunk }) => added.delete(chunk.index));
  if (kept.length === 0) return 0;
  if (base.dimensions > 0) {
    await sql`
      insert into ${tables.vectors} (document, chunk, embedding)
      select ${document}, given.chunk, given.embedding::vector
      from unnest(${kept.map(({ chunk }) => chunk.index)}::integer[], ${kept.map(({ embedding }) => embedding)}::text[])
        as given(chunk, embedding)`.execute(transaction);
  }
  const length = await writePostings(
    transaction,
    base,
    document,
    kept.map(({ chunk }) => chunk),
    terms,
  );
  await sql`update colloquy.documents set terms = terms + ${length} where id = ${document}`.execute(transaction);
  return kept.length;
}
