import type { SearchHit, SearchRequest, SearchResult } from '../domain/retrieval.js';
import type { EmbeddingModel, Reranker } from '../inference/embedding-model.js';
import { ModelError } from '../inference/model-error.js';
import type { KnowledgeStore } from '../retrieval/store/knowledge-store.js';
import { RetrievalError } from '../retrieval/store/retrieval-error.js';
import type { QueryEmbedding } from '../retrieval/store/search.js';
import type { PageReader } from '../retrieval/web/page-reader.js';
import type { WebSearchProvider } from '../retrieval/web/web-search-provider.js';
import { beating } from './beating.js';

/** What searching needs. Models are opened when one is first asked for, and the same one is given from then on. */
export interface RetrievalDependencies {
  readonly store: KnowledgeStore;
  readonly embeddingModel: () => Promise<EmbeddingModel>;
  /** Undefined where none is configured. */
  readonly reranker: () => Promise<Reranker | undefined>;
  readonly web: {
    /** Best first; none where none is configured. */
    readonly providers: readonly WebSearchProvider[];
    readonly pages: PageReader;
  };
}

/** On task queue `colloquy/retrieval`. All are safe to repeat, and beat every second. */
export interface RetrievalActivities {
  /**
   * Embeds the query, searches, and reranks where a reranker is configured. A stage that was not asked for by name and whose model fails
   * is left out and named in `failures`, as is a knowledge base that cannot be searched while another can.
   */
  searchKnowledge(request: SearchRequest): Promise<SearchResult>;
}

export function createRetrievalActivities(dependencies: RetrievalDependencies): RetrievalActivities {
  return {
    searchKnowledge: (request) => beating((signal) => searchKnowledge(dependencies, request, signal)),
  };
}

/** What is given to the reranker, beyond what is asked for: what is below that rarely rises to the top. */
const RERANKED = 30;
const DEFAULT_LIMIT = 10;

type Failures = SearchResult['failures'];

async function searchKnowledge(
  { store, embeddingModel, reranker }: RetrievalDependencies,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchResult> {
  const { query, limit = DEFAULT_LIMIT, stages } = request;
  if (stages?.every((stage) => stage === 'rerank')) {
    throw new RetrievalError('InvalidRequest', 'Nothing is found without the stage "lexical" or "vector".');
  }
  const failures: Failures[number][] = [];
  /** What a stage needs; undefined when it is left out. */
  const open = async <T>(stage: 'vector' | 'rerank', action: () => Promise<T>): Promise<T | undefined> => {
    if (stages?.includes(stage) === false) return undefined;
    try {
      return await action();
    } catch (error) {
      // Nothing else to go by: it is asked again, or its failure is told.
      if (!(error instanceof ModelError) || stages?.every((each) => each === stage)) throw error;
      failures.push({ source: stage, reason: error.message });
      return undefined;
    }
  };
  const embedding = await open('vector', async (): Promise<QueryEmbedding | undefined> => {
    if (!(await haveVectors(store, request.knowledgeBases))) return undefined;
    const model = await embeddingModel();
    const [vector] = await model.embed([query], { purpose: 'query', signal });
    return vector && { modelId: model.modelId, vector };
  });
  const judge = await open('rerank', reranker);
  if (
    judge === undefined &&
    !failures.some(({ source }) => source === 'rerank') &&
    stages?.includes('rerank') === true
  ) {
    failures.push({ source: 'rerank', reason: 'No cross-encoder is set up. Set COLLOQUY_RERANK_MODEL.' });
  }
  const found = await store.search(
    {
      ...request,
      limit: judge === undefined ? limit : Math.max(limit, RERANKED),
      stages: (stages ?? ['lexical', 'vector']).filter((stage) => stage !== 'vector' || embedding !== undefined),
    },
    embedding,
  );
  failures.push(...found.failures);
  const ranked = judge && (await open('rerank', () => rerank(judge, query, found.hits, signal)));
  return { hits: (ranked ?? found.hits).slice(0, limit), failures };
}

/** Without them, no model has to be opened. */
async function haveVectors(store: KnowledgeStore, names: readonly string[]): Promise<boolean> {
  const bases = await store.listKnowledgeBases();
  return bases.some(({ name, dimensions }) => dimensions > 0 && names.includes(name));
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
  return hits
    .map((hit, index) => ({ hit, score: scores[index] ?? 0 }))
    .toSorted((a, b) => b.score - a.score)
    .map(({ hit, score }, index) => ({ ...hit, score, stages: { ...hit.stages, rerank: { rank: index + 1, score } } }));
}
