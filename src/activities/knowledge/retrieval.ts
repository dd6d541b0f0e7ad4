import type { RankingRequest } from '../../domain/session/source-steps.js';
import { DEFAULT_CHUNK_TOKENS } from '../../domain/knowledge/chunk-settings.js';
import { JUDGED_HITS, evidenceOf, isWeakEvidence } from '../../domain/knowledge/answer-evidence.js';
import { rankDownNearCopies } from '../../domain/knowledge/copies.js';
import { rankLists } from '../../domain/knowledge/rank-lists.js';
import type { SearchHit, SearchRequest, SearchResult } from '../../domain/knowledge/retrieval.js';
import type { EmbeddingModel, Reranker } from '../../inference/embedding-model.js';
import { ModelError } from '../../inference/model-error.js';
import { queryWindows } from '../../inference/query-windows.js';
import { estimateTokens } from '../../retrieval/chunk/estimate-tokens.js';
import type { KnowledgeStore } from '../../retrieval/store/knowledge-store.js';
import { RetrievalError } from '../../retrieval/store/retrieval-error.js';
import type { QueryEmbedding, StoreSearchResult } from '../../retrieval/store/knowledge-store.js';
import { rankPages } from '../../retrieval/web/rank-pages.js';
import { searchWeb } from '../../retrieval/web/web-search.js';
import type { PageReader } from '../../retrieval/web/page-reader.js';
import type { WebSearchProvider } from '../../retrieval/web/web-search-provider.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { placedHit } from '../../domain/knowledge/placed-hit.js';
import { createQueryVectors } from '../../inference/query-vectors.js';
import type { QueryVectors } from '../../inference/query-vectors.js';

/** Dependencies of searching. Each model is opened at its first use; later uses get the same one. */
export interface RetrievalDependencies {
  readonly store: KnowledgeStore;
  readonly embeddingModel: () => Promise<EmbeddingModel>;
  /** Undefined if no reranker is configured. */
  readonly reranker: () => Promise<Reranker | undefined>;
  readonly web: {
    /** In order of preference; empty if none is configured. */
    readonly providers: readonly WebSearchProvider[];
    readonly pages: PageReader;
  };
}

/** Activities on task queue `colloquy/retrieval`. All are safe to repeat, and send a heartbeat every second. */
export interface RetrievalActivities {
  /**
   * Embeds the query, searches, and reranks if a reranker is configured. If the model of a stage fails, the stage is skipped and named in
   * `failures`, unless the request names only that stage. A knowledge base that cannot be searched is also named there, provided that
   * another one can be searched.
   */
  searchKnowledge(request: SearchRequest): Promise<SearchResult>;
  /**
   * Searches the web for `query`, reads the best pages, and ranks their passages by how well they match `question`. `failures` names
   * providers and pages that fail. It also names the embedding model if that fails; passages are then ranked by their words alone.
   */
  searchWebPages(request: WebPagesRequest): Promise<SearchResult>;
  /** Merges the hits of several searches into one order: by the reranker if one is configured and works, otherwise by their fused ranks. */
  rankHits(request: RankingRequest): Promise<SearchResult>;
}

export interface WebPagesRequest {
  /** Keywords for search engines. */
  readonly query: string;
  readonly question: string;
  /** Maximum number of passages. */
  readonly limit: number;
}

export function createRetrievalActivities(dependencies: RetrievalDependencies): RetrievalActivities {
  const parts = {
    ...dependencies,
    queryVectors: createQueryVectors(),
    haveVectors: createVectorCheck(dependencies.store),
  };
  return {
    searchKnowledge: (request) => withHeartbeat((signal) => searchKnowledge(parts, request, signal)),
    searchWebPages: (request) => withHeartbeat((signal) => searchWebPages(dependencies, request, signal)),
    rankHits: (request) => withHeartbeat((signal) => rankHits(dependencies, request, signal)),
  };
}

interface SearchParts extends RetrievalDependencies {
  readonly queryVectors: QueryVectors;
  readonly haveVectors: ReturnType<typeof createVectorCheck>;
}

/** Minimum number of hits given to the reranker; hits below this rank rarely rise to the top. */
const RERANKED = 30;
const DEFAULT_LIMIT = 10;
/** Stages of a search whose hits are judged; also the default ones. */
const JUDGED_STAGES = ['lexical', 'vector'] as const;

type Failures = SearchResult['failures'];

async function searchKnowledge(
  { store, embeddingModel, reranker, queryVectors, haveVectors }: SearchParts,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchResult> {
  const { query, limit = DEFAULT_LIMIT, stages } = request;
  if (stages?.every((stage) => stage === 'rerank')) {
    throw new RetrievalError('InvalidRequest', 'Nothing is found without the stage "lexical" or "vector".');
  }
  const failures: Failures[number][] = [];
  /** Opens the model of a stage; undefined if the stage is skipped. */
  const open = async <T>(stage: 'vector' | 'rerank', action: () => Promise<T>): Promise<T | undefined> => {
    if (stages?.includes(stage) === false) return undefined;
    try {
      return await action();
    } catch (error) {
      // There is no other stage to use, so the caller retries or reports the failure.
      if (!(error instanceof ModelError) || stages?.every((each) => each === stage)) throw error;
      failures.push({ source: stage, reason: error.message });
      return undefined;
    }
  };
  const embed = async (text: string): Promise<QueryEmbedding | undefined> => {
    if (!(await haveVectors(request.knowledgeBases))) return undefined;
    const model = await embeddingModel();
    const windows = await queryWindows(text, model);
    const embedded = await Promise.all(windows.map((window) => queryVectors.embed(model, window, signal)));
    const [vector, ...otherVectors] = embedded;
    return vector && { modelId: model.modelId, vector, otherVectors };
  };
  const embedding = await open('vector', () => embed(query));
  const judge = await open('rerank', reranker);
  if (
    judge === undefined &&
    !failures.some(({ source }) => source === 'rerank') &&
    stages?.includes('rerank') === true
  ) {
    failures.push({ source: 'rerank', reason: 'No cross-encoder is set up. Set COLLOQUY_RERANK_MODEL.' });
  }
  const { questions = [], ...asked } = request;
  const searched = {
    ...asked,
    limit: judge === undefined ? limit : Math.max(limit, RERANKED),
    stages: (stages ?? JUDGED_STAGES).filter((stage) => stage !== 'vector' || embedding !== undefined),
  };
  const found = await store.search(searched, embedding);
  failures.push(...found.failures);
  const ranked = judge && (await open('rerank', () => rerank(judge, query, found.hits, signal)));
  const hits = (ranked ?? found.hits).slice(0, limit).map((hit) => placedHit(hit, query));
  // Without vectors the hits cannot be judged, and hits from some of the knowledge bases say nothing about the others.
  if (embedding === undefined || found.failures.length > 0) return { hits, failures };
  const isJudgedBy = (question: string): boolean =>
    question === query &&
    searched.limit === JUDGED_HITS &&
    JUDGED_STAGES.every((stage) => searched.stages.includes(stage));
  const verdicts = await Promise.all(
    questions.map(async (question) => {
      // A later turn of a session is judged by its query too, whose search is not repeated.
      if (isJudgedBy(question)) return isWeakFor(question, found, embedding.modelId);
      const embedded = await embed(question);
      if (embedded === undefined) return undefined;
      const judged = { ...asked, query: question, limit: JUDGED_HITS, stages: JUDGED_STAGES };
      return isWeakFor(question, await store.search(judged, embedded), embedded.modelId);
    }),
  );
  const isWeak = verdicts.length === 0 || verdicts.includes(undefined) ? undefined : !verdicts.includes(false);
  return { hits, failures, ...(isWeak !== undefined && { isWeak }) };
}

/** Whether the hits for a question probably do not answer it; undefined if that cannot be decided. */
function isWeakFor(question: string, { hits, statistics }: StoreSearchResult, modelId: string): boolean | undefined {
  const evidence = evidenceOf(question, hits, statistics);
  return evidence && isWeakEvidence(evidence, modelId);
}

/**
 * Tells whether one of the named knowledge bases has vectors; if none has, no model needs to be opened. The database is not asked again
 * about a knowledge base that has vectors, because it keeps them. If one was deleted and created again without them, query vectors are
 * computed in vain; the store ignores them.
 */
function createVectorCheck(store: KnowledgeStore): (names: readonly string[]) => Promise<boolean> {
  let known = new Set<string>();
  return async (names) => {
    if (names.some((name) => known.has(name))) return true;
    const bases = await store.listKnowledgeBases();
    known = new Set(bases.filter(({ dimensions }) => dimensions > 0).map(({ name }) => name));
    return names.some((name) => known.has(name));
  };
}

async function rerank(
  judge: Reranker,
  query: string,
  hits: readonly SearchHit[],
  signal: AbortSignal,
): Promise<SearchHit[]> {
  if (hits.length === 0) return [];
  const scores = await judge.rank(
    query,
    hits.map(({ chunk: { headings, text } }) => [...headings, text].join('\n')),
    { signal },
  );
  const ranked = hits
    .map((hit, index) => ({ hit, score: scores[index] ?? 0 }))
    .toSorted((a, b) => b.score - a.score)
    .map(({ hit, score }, index) => ({ ...hit, score, stages: { ...hit.stages, rerank: { rank: index + 1, score } } }));
  return rankDownNearCopies(ranked);
}

async function searchWebPages(
  { embeddingModel, web }: RetrievalDependencies,
  { query, question, limit }: WebPagesRequest,
  signal: AbortSignal,
): Promise<SearchResult> {
  const { documents, failures } = await searchWeb({ query }, web, { signal });
  const rank = (similarities?: (text: string, texts: readonly string[]) => Promise<readonly number[]>) =>
    rankPages(question, documents, {
      // An estimate is enough here: the answering model's own tokenizer counts the passages that go into its prompt.
      countTokens: estimateTokens,
      chunkTokens: DEFAULT_CHUNK_TOKENS,
      limit,
      similarities,
      signal,
    });
  if (documents.length === 0) return { hits: [], failures };
  try {
    return { hits: await rank((text, texts) => cosines(embeddingModel, text, texts, signal)), failures };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { hits: await rank(), failures: [...failures, { source: 'vector', reason: error.message }] };
  }
}

/** Cosine similarities; all vectors have unit length. */
async function cosines(
  open: RetrievalDependencies['embeddingModel'],
  query: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<number[]> {
  const model = await open();
  const asked = await model.embed(await queryWindows(query, model), { purpose: 'query', signal });
  const vectors = await model.embed(texts, { purpose: 'passage', signal });
  return vectors.map((vector) => Math.max(...asked.map((one) => cosine(vector, one))));
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

async function rankHits(
  { reranker }: RetrievalDependencies,
  { query, lists, limit }: RankingRequest,
  signal: AbortSignal,
): Promise<SearchResult> {
  const fused = rankLists(lists, RERANKED);
  try {
    const judge = fused.length === 0 ? undefined : await reranker();
    const hits = judge === undefined ? fused : await rerank(judge, query, fused, signal);
    return { hits: hits.slice(0, limit), failures: [] };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { hits: fused.slice(0, limit), failures: [{ source: 'rerank', reason: error.message }] };
  }
}
