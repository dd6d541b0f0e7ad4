import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { toStorableText } from '../../database/storable-text.js';
import type { Candidate } from './fuse-ranks.js';
import { knowledgeTables } from './knowledge-tables.js';
import { MAX_CHUNK_INDEX, POSTING_BYTES, decodePostings } from './postings.js';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import type { SearchScope } from './search-scope.js';

/** BM25. source: Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, which recommends 1.2 < k1 < 2, 0.5 < b < 0.8 */
const K1 = 1.2;
const B = 0.75;

/** Maximum number of terms of a query; the rarest count. */
const MAX_QUERY_TERMS = 64;
/** Maximum number of terms of a longer query that are counted exactly: the rarest by a rough count. */
const MAX_COUNTED_TERMS = 4 * MAX_QUERY_TERMS;
/** Rows of postings at which the rough count of a term ends; the order of more frequent terms does not matter. */
const ROUGH_COUNT = 64;
/** Maximum number of postings that a search reads, beginning with its rarest term, because common terms tell chunks apart least and cost most. */
const MAX_POSTINGS = 50_000;

/**
 * Finds candidates, best first, and counts the chunks that contain each term; terms in no chunk are missing from the counts. Statistics are
 * those of the whole knowledge base, whatever the scope. Terms in no chunk still lower the candidates' shares.
 */
export async function searchLexical(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  scope: SearchScope,
  queryTerms: readonly string[],
  depth: number,
): Promise<{ readonly candidates: Candidate[]; readonly counts: readonly TermCount[] }> {
  const likely = await rarestTerms(kysely, base, queryTerms);
  const counts = (await countTerms(kysely, base, likely)).slice(0, MAX_QUERY_TERMS);
  const weights = weigh(base, counts);
  if (weights.size === 0) return { candidates: [], counts };
  const asked = Math.min(queryTerms.length, MAX_QUERY_TERMS);
  const ideal = (asked - counts.length) * inverseFrequency(base, 0) + sum(weights.values());
  // Scores are computed here, because SQL in WebAssembly takes microseconds for each posting.
  const { rows } = await sql<{ term: string; document: number; entries: Buffer }>`
    select given.term, found.document, found.entries
    from unnest(${[...weights.keys()]}::text[]) as given(term)
    cross join lateral (
      select document, entries from ${knowledgeTables(base.id).postings}
      where term = hashtextextended(given.term, 0) and ${scope.condition} limit ${MAX_POSTINGS}
    ) as found`.execute(kysely);
  const averageLength = Math.max(base.terms / base.chunks, 1);
  const scores = new Map<number, number>();
  for (const { term, document, entries } of rows) {
    const weight = weights.get(term) ?? 0;
    for (const { chunk, count, length } of decodePostings(entries)) {
      const key = document * KEY_FACTOR + chunk;
      const score = (weight * count * (K1 + 1)) / (count + K1 * (1 - B + (B * length) / averageLength));
      scores.set(key, (scores.get(key) ?? 0) + score);
    }
  }
  const candidates = [...scores]
    .toSorted(([a, aScore], [b, bScore]) => bScore - aScore || a - b)
    .slice(0, depth)
    .map(([key, score]): Candidate => ({
      stage: 'lexical',
      knowledgeBase: base.id,
      document: Math.floor(key / KEY_FACTOR),
      chunk: key % KEY_FACTOR,
      score,
      share: score / ideal,
    }));
  return { candidates, counts };
}

/** Combines document (31 bits) and chunk (24 bits) in one number, which is exact for fewer than 2^29 documents. */
const KEY_FACTOR = MAX_CHUNK_INDEX + 1;

export interface TermCount {
  readonly term: string;
  /** Number of chunks that contain the term, counted in at most `MAX_POSTINGS` rows. */
  readonly chunks: number;
}

/**
 * All terms of a short query; of a longer one, such as a text with a question at its end, the rarest ones that occur in any document. A
 * query of 10,000 characters may have as many terms.
 */
async function rarestTerms(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  queryTerms: readonly string[],
): Promise<readonly string[]> {
  if (queryTerms.length <= MAX_QUERY_TERMS) return queryTerms;
  const terms = outsideIn(queryTerms);
  const { rows } = await sql<{ position: string }>`
    select given.position
    from unnest(${terms.map(toStorableText)}::text[]) with ordinality as given(term, position)
    cross join lateral (
      select sum(octet_length(entries)) as bytes from (
        select entries from ${knowledgeTables(base.id).postings}
        where term = hashtextextended(given.term, 0) limit ${ROUGH_COUNT}
      ) as postings
    ) as counted
    where counted.bytes > 0
    order by counted.bytes, given.position
    limit ${MAX_COUNTED_TERMS}`.execute(kysely);
  return rows.flatMap(({ position }) => terms[Number(position) - 1] ?? []);
}

/** The last item, the first, the last but one, and so on, because a question comes before or after the text that it is about. */
function outsideIn<Item>(items: readonly Item[]): Item[] {
  const last = items.length - 1;
  return items.flatMap((_, index) => items[index % 2 === 0 ? last - index / 2 : (index - 1) / 2] ?? []);
}

async function countTerms(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  queryTerms: readonly string[],
): Promise<TermCount[]> {
  if (queryTerms.length === 0) return [];
  const { rows } = await sql<TermCount>`
    select given.term, counted.chunks
    from unnest(${queryTerms.map(toStorableText)}::text[]) with ordinality as given(term, position)
    cross join lateral (
      select (coalesce(sum(octet_length(entries)), 0) / ${sql.lit(POSTING_BYTES)})::integer as chunks
      from (
        select entries from ${knowledgeTables(base.id).postings}
        where term = hashtextextended(given.term, 0) limit ${MAX_POSTINGS}
      ) as postings
    ) as counted
    where counted.chunks > 0
    order by counted.chunks, given.position`.execute(kysely);
  return rows;
}

/** Inverse document frequencies of the rarest terms, as many as `MAX_POSTINGS` allows, but at least one. */
function weigh(base: KnowledgeBaseRow, counts: readonly TermCount[]): Map<string, number> {
  const weights = new Map<string, number>();
  let read = 0;
  for (const { term, chunks } of counts) {
    read += chunks;
    if (weights.size > 0 && read > MAX_POSTINGS) break;
    // The count includes staged chunks.
    const containing = Math.min(chunks, base.chunks);
    weights.set(term, inverseFrequency(base, containing));
  }
  return weights;
}

/** @param containing number of chunks that contain the term */
function inverseFrequency(base: KnowledgeBaseRow, containing: number): number {
  return Math.log(1 + (base.chunks - containing + 0.5) / (containing + 0.5));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
