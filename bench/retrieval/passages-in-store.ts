import { connectDatabase } from '../../src/database/connect-database.js';
import { documentTerms, queryTerms } from '../../src/domain/search-terms.js';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { createKnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import type { KnowledgeStore, StagedChunk } from '../../src/retrieval/store/knowledge-store.js';
import { languageOf, type Language, type Passage } from './evaluation-set.js';
import type { PassageSearch } from './passage-search.js';
import { serveDatabase } from './served-database.js';

/** Passages in two knowledge bases of the embedded database, as users have them: one document a source, one chunk a passage. */
export async function searchPassagesInStore(
  model: EmbeddingModel,
  passages: readonly Passage[],
  vectors: readonly Float32Array[],
  signal: AbortSignal,
): Promise<PassageSearch> {
  const served = await serveDatabase();
  const database = connectDatabase({ socketPath: served.socketPath }, { connectTimeoutMs: 60_000 });
  const dispose = async (): Promise<void> => {
    await database.close();
    await served.stop();
  };
  const store = createKnowledgeStore(database, {
    documentTerms: (text) =>
      documentTerms(text)
        .split(' ')
        .filter((term) => term !== ''),
    queryTerms,
  });
  let idOf: ReadonlyMap<string, string>;
  try {
    idOf = await load(store, model, passages, vectors);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    name: 'knowledge store',
    stages: ['lexical', 'vector'],
    async search(query, { stages, limit, knowledgeBases }) {
      const [vector] = stages.includes('vector') ? await model.embed([query], { purpose: 'query', signal }) : [];
      const { hits, failures } = await store.search(
        { query, knowledgeBases, limit, stages },
        vector && { modelId: model.modelId, vector },
      );
      const [failure] = failures;
      if (failure !== undefined) throw new Error(failure.reason);
      return hits.map(({ document, chunk }) => {
        const id = idOf.get(keyOf(document.uri, chunk.index));
        if (id === undefined) throw new Error(`chunk ${chunk.index} of ${document.uri} is no passage`);
        return id;
      });
    },
    dispose,
  };
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
