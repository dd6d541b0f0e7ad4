import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { fromStorableJson, toStorableJson, toStorableText } from '../../database/storable-text.js';
import { sumStatistics } from '../../domain/knowledge/answer-evidence.js';
import type { SearchStatistics } from '../../domain/knowledge/answer-evidence.js';
import { MAX_QUERY_LENGTH, MAX_SEARCH_LIMIT, MAX_URI_PREFIXES } from '../../domain/knowledge/retrieval.js';
import type { DocumentInfo, SearchHit, SearchRequest, TextChunk } from '../../domain/knowledge/retrieval.js';
import { distinctHits } from './distinct-hits.js';
import { fuseRanks } from './fuse-ranks.js';
import type { Candidate, FusedCandidate } from './fuse-ranks.js';
import { toVectorLiteral } from './vector-literal.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { QueryEmbedding, SearchTerms, StoreSearchResult } from './knowledge-store.js';
import { findKnowledgeBase } from './open-knowledge.js';
import type { Knowledge, KnowledgeBaseRow } from './open-knowledge.js';
import { RetrievalError } from './retrieval-error.js';
import { hasFormerTerms } from './renew-terms.js';
import type { TermsRenewal } from './renew-terms.js';
import type { SearchScope } from './search-scope.js';
import { searchLexical } from './search-lexical.js';
import { searchAllVectors } from './search-vectors.js';

const DEFAULT_LIMIT = 10;
/** Minimum depth of each stage for the fusion. A chunk that only one stage found at this rank is not among the best of both. */
const MIN_DEPTH = 50;
/** Factor by which each stage searches deeper if too few hits remain without copies, and the maximum depth. */
const DEEPER = 4;
const MAX_DEPTH = 2_000;

/** Dependencies of a search, including the renewal of terms that it may start. */
export interface SearchDependencies {
  readonly knowledge: Knowledge;
  readonly terms: SearchTerms;
  readonly renewal: TermsRenewal;
}

/** Implements `KnowledgeStore.search`. */
export async function searchKnowledge(
  { knowledge, terms, renewal }: SearchDependencies,
  request: SearchRequest,
  queryEmbedding?: QueryEmbedding,
): Promise<StoreSearchResult> {
  const {
    query,
    limit = DEFAULT_LIMIT,
    stages = queryEmbedding === undefined ? ['lexical'] : ['lexical', 'vector'],
  } = request;
  refuseBadRequest(request, limit);
  if (stages.includes('vector') && queryEmbedding === undefined) {
    throw new RetrievalError('InvalidRequest', 'The stage "vector" needs the embedding of the query.');
  }
  const termsFor = (base: KnowledgeBaseRow): string[] => {
    if (!stages.includes('lexical')) return [];
    const former = hasFormerTerms(base, terms) ? (terms.formerQueryTerms?.(query) ?? []) : [];
    return [...new Set([...terms.queryTerms(query), ...former])];
  };
  const embedding = stages.includes('vector') ? queryEmbedding : undefined;
  const failures: { source: string; reason: string; error: RetrievalError }[] = [];
  const names = [...new Set(request.knowledgeBases)];
  const { hits, statistics } = await knowledge.use((kysely) =>
    // A single snapshot: a version published meanwhile is seen completely or not at all.
    kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (transaction) => {
        for (let depth = Math.max(MIN_DEPTH, 2 * limit); ; depth *= DEEPER) {
          failures.length = 0;
          const found: BaseCandidates[] = [];
          for (const name of names) {
            try {
              const base = await findKnowledgeBase(transaction, name);
              renewal.begin(base);
              found.push(await searchBase(transaction, base, request, termsFor(base), embedding, depth));
            } catch (error) {
              if (!(error instanceof RetrievalError)) throw error;
              failures.push({ source: name, reason: error.message, error });
            }
          }
          const all = found.flatMap(({ candidates }) => candidates);
          const distinct = await distinctHits(fuseRanks(all, depth), limit, (some) =>
            readHits(
              transaction,
              found.map(({ base }) => base),
              some,
            ),
          );
          // All candidates up to this depth may be copies of a few texts.
          if (distinct.length >= limit || all.length < depth || depth * DEEPER > MAX_DEPTH) {
            return { hits: distinct, statistics: found.map((each) => each.statistics) };
          }
        }
      }),
  );
  const [first] = failures;
  if (first !== undefined && failures.length === names.length) throw first.error;
  return {
    hits,
    failures: failures.map(({ source, reason }) => ({ source, reason })),
    statistics: sumStatistics(statistics),
  };
}

interface BaseCandidates {
  readonly base: KnowledgeBaseRow;
  readonly candidates: readonly Candidate[];
  readonly statistics: SearchStatistics;
}

async function searchBase(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  request: SearchRequest,
  queryTerms: readonly string[],
  queryEmbedding: QueryEmbedding | undefined,
  depth: number,
): Promise<BaseCandidates> {
  const { name } = base;
  if (base.dimensions === 0 && request.stages?.every((stage) => stage === 'vector')) {
    throw new RetrievalError(
      'InvalidRequest',
      `Knowledge base "${name}" has no vectors. Search it by the stage "lexical".`,
    );
  }
  const embedding = base.dimensions === 0 ? undefined : queryEmbedding;
  if (embedding !== undefined && embedding.modelId !== base.embeddingModelId) {
    throw new RetrievalError(
      'Retrieval.ModelMismatch',
      `Knowledge base "${name}" was made with the embedding model "${base.embeddingModelId}"; the query was embedded by "${embedding.modelId}".`,
    );
  }
  const vectors = (embedding === undefined ? [] : [embedding.vector, ...(embedding.otherVectors ?? [])]).map((vector) =>
    toVectorLiteral(vector, base, 'the query'),
  );
  const scope = await findScope(transaction, base, request);
  if (scope.chunks === 0) return { base, candidates: [], statistics: sumStatistics([]) };
  const { candidates: lexical, counts } = await searchLexical(transaction, base, scope, queryTerms, depth);
  const nearest = await searchAllVectors(transaction, base, scope, vectors, depth);
  const holding = new Map(counts.map((count) => [count.term, count.chunks]));
  return { base, candidates: [...lexical, ...nearest], statistics: { chunks: scope.chunks, holding } };
}

async function findScope(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  { uriPrefixes, metadata = {} }: SearchRequest,
): Promise<SearchScope> {
  const documents = sql`colloquy.documents where knowledge_base = ${base.id}`;
  if (uriPrefixes === undefined && Object.keys(metadata).length === 0) {
    // Excludes the few unpublished documents by an array, so that the query plan still scans the index.
    return {
      condition: sql`document <> all(array(select id from ${documents} and not is_published))`,
      chunks: base.chunks,
    };
  }
  const prefixes = uriPrefixes?.map(toStorableText);
  const filtered = sql`${documents} and is_published
    and metadata @> ${toStorableJson(metadata)}::jsonb
    ${prefixes === undefined ? sql`` : sql`and exists (select 1 from unnest(${prefixes}::text[]) as prefix where starts_with(uri, prefix))`}`;
  const { rows } = await sql<{ chunks: string | null }>`select sum(chunks) as chunks from ${filtered}`.execute(kysely);
  return {
    condition: sql`document = any(array(select id from ${filtered}))`,
    chunks: Number(rows[0]?.chunks ?? 0),
  };
}

async function readHits(
  kysely: Kysely<DatabaseSchema>,
  bases: readonly KnowledgeBaseRow[],
  fused: readonly FusedCandidate[],
): Promise<SearchHit[]> {
  const hits = new Map<FusedCandidate, SearchHit>();
  for (const base of bases) {
    const wanted = fused.filter(({ knowledgeBase }) => knowledgeBase === base.id);
    if (wanted.length === 0) continue;
    const { rows } = await sql<{ position: string; content: string; info: string }>`
      select wanted.position, chunks.content::text as content, documents.info::text as info
      from unnest(${wanted.map(({ document }) => document)}::integer[], ${wanted.map(({ chunk }) => chunk)}::integer[])
        with ordinality as wanted(document, chunk, position)
      join ${knowledgeTables(base.id).chunks} as chunks on chunks.document = wanted.document and chunks.chunk = wanted.chunk
      join colloquy.documents as documents on documents.id = wanted.document`.execute(kysely);
    for (const { position, content, info } of rows) {
      const candidate = wanted[Number(position) - 1];
      if (candidate === undefined) continue;
      const chunk: TextChunk = JSON.parse(fromStorableJson(content));
      const { uri, name, title, mediaType, metadata }: DocumentInfo = JSON.parse(fromStorableJson(info));
      hits.set(candidate, {
        knowledgeBase: base.name,
        document: { uri, ...(name !== undefined && { name }), title, mediaType, metadata },
        chunk,
        stages: candidate.stages,
        score: candidate.score,
      });
    }
  }
  return fused.flatMap((candidate) => hits.get(candidate) ?? []);
}

function refuseBadRequest({ query, uriPrefixes = [] }: SearchRequest, limit: number): void {
  if (query.trim() === '') refuse('The query is empty.');
  if (query.length > MAX_QUERY_LENGTH) {
    refuse(`The query has ${query.length} characters; at most ${MAX_QUERY_LENGTH} are searched for.`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SEARCH_LIMIT) {
    refuse(`"limit" is ${limit}; it must be 1 to ${MAX_SEARCH_LIMIT}.`);
  }
  if (uriPrefixes.length > MAX_URI_PREFIXES) {
    refuse(`${uriPrefixes.length} URI prefixes; at most ${MAX_URI_PREFIXES} can be used.`);
  }
}

function refuse(reason: string): never {
  throw new RetrievalError('InvalidRequest', reason);
}
