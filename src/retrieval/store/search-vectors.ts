import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import type { Candidate } from './fuse-ranks.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import type { SearchScope } from './search-scope.js';
import { EF_SEARCH, EXACT_CHUNKS } from './vector-index.js';

/** Chunks near to any of several vectors, ordered by their nearest vector, best first. */
export async function searchAllVectors(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  scope: SearchScope,
  vectors: readonly string[],
  depth: number,
): Promise<Candidate[]> {
  const nearest = new Map<string, Candidate>();
  for (const vector of vectors) {
    for (const candidate of await searchVectors(transaction, base, scope, vector, depth)) {
      const key = `${candidate.document} ${candidate.chunk}`;
      if (candidate.score > (nearest.get(key)?.score ?? -Infinity)) nearest.set(key, candidate);
    }
  }
  return [...nearest.values()].toSorted((a, b) => b.score - a.score).slice(0, depth);
}

/** Ordered by cosine similarity, best first. */
async function searchVectors(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  scope: SearchScope,
  vector: string,
  depth: number,
): Promise<Candidate[]> {
  const { vectors } = knowledgeTables(base.id);
  // Both vectors have unit length, so this is the negative of their cosine.
  const distance = sql`embedding <#> ${vector}::vector(${sql.lit(base.dimensions)})`;
  // Few chunks are compared one by one. This is exact, and with a selective filter an index scan would visit too many others.
  if (scope.chunks <= EXACT_CHUNKS) {
    const { rows } = await sql<Found>`
      with compared as materialized (
        select document, chunk, ${distance} as distance from ${vectors} where ${scope.condition}
      )
      select * from compared order by distance, document, chunk limit ${depth}`.execute(transaction);
    return rows.map((row) => toCandidate(row, base));
  }
  // Local to the transaction, because sessions of the embedded database share their settings.
  await sql`select set_config('hnsw.ef_search', ${String(Math.max(EF_SEARCH, depth))}, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)`.execute(transaction);
  const { rows } = await sql<Found>`
    select document, chunk, ${distance} as distance from ${vectors}
    where ${scope.condition}
    order by ${distance} limit ${depth}`.execute(transaction);
  await sql`select set_config('enable_sort', 'on', true), set_config('enable_seqscan', 'on', true)`.execute(
    transaction,
  );
  return rows.map((row) => toCandidate(row, base));
}

interface Found {
  readonly document: number;
  readonly chunk: number;
  readonly distance: number;
}

function toCandidate({ document, chunk, distance }: Found, base: KnowledgeBaseRow): Candidate {
  return { stage: 'vector', knowledgeBase: base.id, document, chunk, score: -distance };
}
