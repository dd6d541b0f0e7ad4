import { connectDatabase } from '../../src/database/connect-database.js';
import type { SearchHit } from '../../src/domain/knowledge/retrieval.js';
import type { EmbeddingModel, Reranker } from '../../src/inference/embedding-model.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import type { KnowledgeStore, StagedChunk } from '../../src/retrieval/store/knowledge-store.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import { languageOf, type Language, type Passage } from './evaluation-set.js';
import type { PassageSearch } from './passage-search.js';
import { serveDatabase } from './served-database.js';

/** What a reranker is given, as in the product. */
const RERANKED = 30;

/**
 * Passages in two knowledge bases of the embedded database, as users have them: one document a source, one chunk a passage.
 *
 * @param models both stay the caller's
 */
export async function searchPassagesInStore(
  { model, reranker }: { readonly model: EmbeddingModel; readonly reranker: Reranker | undefined },
  passages: readonly Passage[],
  vectors: readonly Float32Array[],
  signal: AbortSignal,
): Promise<PassageSearch> {
  const { store, idOf, dispose } = await openPassageStore(model, passages, vectors);
  return {
    name: 'knowledge store',
    stages: ['lexical', 'vector', ...(reranker === undefined ? [] : (['rerank'] as const))],
    async search(query, { stages, limit, knowledgeBases }) {
      const [vector] = stages.includes('vector') ? await model.embed([query], { purpose: 'query', signal }) : [];
      const judge = stages.includes('rerank') ? reranker : undefined;
      const { hits, failures } = await store.search(
        { query, knowledgeBases, limit: judge === undefined ? limit : RERANKED, stages },
        vector && { modelId: model.modelId, vector },
      );
      const [failure] = failures;
      if (failure !== undefined) throw new Error(failure.reason);
      const ranked = judge === undefined ? hits : await rerank(judge, query, hits, signal);
      return ranked.slice(0, limit).map(({ document, chunk }) => {
        const id = idOf.get(keyOf(document.uri, chunk.index));
        if (id === undefined) throw new Error(`chunk ${chunk.index} of ${document.uri} is no passage`);
        return id;
      });
    },
    dispose,
  };
}

/** A knowledge store that holds passages. */
interface PassageStore {
  readonly store: KnowledgeStore;
  /** Ids of passages by document and chunk. */
  readonly idOf: ReadonlyMap<string, string>;
  readonly dispose: () => Promise<void>;
}

/** Knowledge bases `en` and `zh` of these passages. */
export async function openPassageStore(
  model: EmbeddingModel,
  passages: readonly Passage[],
  vectors: readonly Float32Array[],
): Promise<PassageStore> {
  const served = await serveDatabase();
  const database = connectDatabase({ socketPath: served.socketPath }, { connectTimeoutMs: 60_000 });
  const dispose = async (): Promise<void> => {
    await database.close();
    await served.stop();
  };
  const store = createKnowledgeStore(database, SEARCH_TERMS);
  try {
    return { store, idOf: await load(store, model, passages, vectors), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function rerank(
  judge: Reranker,
  query: string,
  hits: readonly SearchHit[],
  signal: AbortSignal,
): Promise<SearchHit[]> {
  const texts = hits.map(({ chunk: { headings, text } }) => [...headings, text].join('\n'));
  const scores = await judge.rank(query, texts, { signal });
  return hits
    .map((hit, place) => ({ hit, score: scores[place] ?? 0 }))
    .toSorted((a, b) => b.score - a.score)
    .map(({ hit }) => hit);
}

/** @returns ids of passages by document and chunk */
async function load(
  store: KnowledgeStore,
  { modelId, dimensions }: EmbeddingModel,
  passages: readonly Passage[],
  vectors: readonly Float32Array[],
): Promise<ReadonlyMap<string, string>> {
  const idOf = new Map<string, string>();
  const documents = new Map<string, { language: Language; chunks: StagedChunk[] }>();
  for (const [place, passage] of passages.entries()) {
    const { id, title, text, source } = passage;
    const embedding = vectors[place];
    if (embedding === undefined) throw new Error(`passage ${id} has no vector`);
    const document = documents.get(source) ?? { language: languageOf(passage), chunks: [] };
    documents.set(source, document);
    const index = document.chunks.length;
    // Nothing here asks for tokens.
    document.chunks.push({ index, text, start: 0, end: text.length, headings: [title], tokens: 0, embedding });
    idOf.set(keyOf(source, index), id);
  }
  for (const name of ['en', 'zh'] as const) {
    await store.createKnowledgeBase({ name, embeddingModelId: modelId, dimensions });
  }
  for (const [uri, { language, chunks }] of documents) {
    const document = { uri, contentHash: '1', title: uri, mediaType: 'text/plain', metadata: {} };
    await store.beginDocument(language, document);
    await store.stageChunks(language, document, chunks);
    await store.publishDocument(language, document, chunks.length);
  }
  return idOf;
}

function keyOf(uri: string, chunk: number): string {
  return `${chunk} ${uri}`;
}
