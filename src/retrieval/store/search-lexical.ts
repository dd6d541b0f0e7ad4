import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { toStorableText } from '../../database/storable-text.js';
import type { Candidate } from './fuse-ranks.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import type { SearchScope } from './search.js';

/** BM25. source: Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, which has 1.2 < k1 < 2, 0.5 < b < 0.8 */
const K1 = 1.2;
const B = 0.75;

const MAX_QUERY_TERMS = 64;
/** Rows of postings that a search reads at most, from its rarest term on: common terms tell chunks apart least, and cost most. */
const MAX_ROWS = 10_000;

/** Best first. Statistics are those of the whole knowledge base, whatever the scope. */
export async function searchLexical(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  scope: SearchScope,
  queryTerms: readonly string[],
  depth: number,
): Promise<Candidate[]> {
  const weights = weigh(base, await countTerms(kysely, base, queryTerms.slice(0, MAX_QUERY_TERMS)));
  if (weights.length === 0) return [];
  const averageLength = Math.max(base.terms / base.chunks, 1);
  const { rows } = await sql<{ document: number; chunk: number; score: number }>`
    select document, (entry >> 32)::integer as chunk, sum(
      weight * ${sql.lit(K1 + 1)} * ((entry >> 16) & 65535)
        / (((entry >> 16) & 65535) + ${sql.lit(K1)} * (${sql.lit(1 - B)} + ${sql.lit(B)} * (entry & 65535) / ${averageLength}::float8))
    ) as score
    from unnest(${weights.map(({ term }) => term)}::text[], ${weights.map(({ weight }) => weight)}::float8[]) as given(given_term, weight)
    cross join lateral (
      select document, unnest(entries) as entry from ${knowledgeTables(base.id).postings}
      where term = hashtextextended(given_term, 0) and ${scope.condition}
    ) as found
    group by document, chunk
    order by score desc, document, chunk limit ${depth}`.execute(kysely);
  return rows.map((row) => ({ ...row, stage: 'lexical', knowledgeBase: base.id }));
}

interface TermCount {
  readonly term: string;
  /** At most one more than `MAX_ROWS` are counted. */
  readonly rows: number;
  readonly chunks: number;
}

async function countTerms(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  queryTerms: readonly string[],
): Promise<TermCount[]> {
  if (queryTerms.length === 0) return [];
  const { rows } = await sql<TermCount>`
    select given.term, counted.rows, counted.chunks
    from unnest(${queryTerms.map(toStorableText)}::text[]) as given(term)
    cross join lateral (
      select count(*)::integer as rows, coalesce(sum(cardinality(entries)), 0)::integer as chunks
      from (
        select entries from ${knowledgeTables(base.id).postings}
        where term = hashtextextended(given.term, 0) limit ${MAX_ROWS + 1}
      ) as postings
    ) as counted
    where counted.rows > 0
    order by counted.rows`.execute(kysely);
  return rows;
}

/** The rarest terms with their inverse document frequency, as many as `MAX_ROWS` allows, one at least. */
function weigh(base: KnowledgeBaseRow, counts: readonly TermCount[]): { term: string; weight: number }[] {
  const weights = [];
  let rows = 0;
  for (const count of counts) {
    rows += count.rows;
    if (weights.length > 0 && rows > MAX_ROWS) break;
    // Staged chunks are counted too.
    const chunks = Math.min(count.chunks, base.chunks);
    weights.push({ term: count.term, weight: Math.log(1 + (base.chunks - chunks + 0.5) / (chunks + 0.5)) });
  }
  return weights;
}
