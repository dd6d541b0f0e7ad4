import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import type { SearchHit, SearchRequest, SearchResult } from '../../domain/knowledge/retrieval.js';
import type { EmbeddingModel, Reranker } from '../../inference/embedding-model.js';
import { ModelError } from '../../inference/model-error.js';
import type { KnowledgeStore, QueryEmbedding } from '../../retrieval/store/knowledge-store.js';
import { createRetrievalActivities } from './retrieval.js';
import type { RetrievalDependencies } from './retrieval.js';

const request: SearchRequest = { query: 'moon', knowledgeBases: ['docs'], limit: 2 };

const hit = (text: string, rank: number): SearchHit => ({
  knowledgeBase: 'docs',
  document: { uri: `/${text}`, title: text, mediaType: 'text/plain', metadata: {} },
  chunk: { index: 0, text, start: 0, end: text.length, headings: ['Head'], tokens: 1 },
  stages: { lexical: { rank, score: 1 / rank } },
  score: 1 / (60 + rank),
});

/** A store that returns the same hits for every query, and records the queries. */
function searching(parts: {
  readonly model?: () => Promise<EmbeddingModel>;
  readonly reranker?: Reranker;
  readonly modelId?: string;
  /** Cosine similarity of all hits. Default: they have none. */
  readonly cosine?: number;
}) {
  const asked: { request: SearchRequest; modelId?: string }[] = [];
  const vectors: unknown[] = [];
  const made = { lists: 0, vectors: 0 };
  const store = {
    listKnowledgeBases: () => {
      made.lists++;
      return Promise.resolve([
        { name: 'docs', dimensions: 2 },
        { name: 'plain', dimensions: 0 },
      ]);
    },
    search: (given: SearchRequest, embedding?: QueryEmbedding) => {
      vectors.push(embedding?.vector, ...(embedding?.otherVectors ?? []));
      asked.push({ request: given, ...(embedding && { modelId: embedding.modelId }) });
      const hits = ['a', 'bb', 'ccc'].map((text, index) => {
        const found = hit(text, index + 1);
        if (parts.cosine === undefined) return found;
        return { ...found, stages: { ...found.stages, vector: { rank: index + 1, score: parts.cosine } } };
      });
      return Promise.resolve({ hits, failures: [], statistics: { chunks: 3, holding: new Map() } });
    },
  } as unknown as KnowledgeStore;
  const model = {
    modelId: parts.modelId ?? 'm',
    maxTokens: 100,
    countTokens: (text: string) => Promise.resolve(text.length),
    embed: (texts: readonly string[]) => {
      made.vectors++;
      return Promise.resolve(texts.map(({ length }) => new Float32Array([1, length])));
    },
  } as unknown as EmbeddingModel;
  const activities = createRetrievalActivities({
    store,
    embeddingModel: parts.model ?? (() => Promise.resolve(model)),
    reranker: () => Promise.resolve(parts.reranker),
  } as RetrievalDependencies);
  const run = (given: SearchRequest): Promise<SearchResult> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(
      activities.searchKnowledge.bind(activities),
      given,
    );
  return { run, asked, made, vectors };
}

const byLength: Reranker = {
  modelId: 'judge',
  rank: (_query, texts) => Promise.resolve(texts.map((text) => text.length / 100)),
  dispose: () => Promise.resolve(),
};

it('embeds the query, and gives no more than was asked for', async () => {
  const { run, asked } = searching({});
  expect((await run(request)).hits.map(({ chunk }) => chunk.text)).toEqual(['a', 'bb']);
  expect(asked).toEqual([{ request: { ...request, stages: ['lexical', 'vector'] }, modelId: 'm' }]);
});

it('embeds beginning and end of a query that is too long for the model', async () => {
  const { run, vectors } = searching({});
  expect((await run({ ...request, query: 'moon '.repeat(200) })).failures).toEqual([]);
  expect(vectors).toHaveLength(2);
  expect((await run({ ...request, query: 'moon '.repeat(10) })).failures).toEqual([]);
  expect(vectors).toHaveLength(3);
});

it('reranks more than was asked for, and says so in each hit', async () => {
  const { run, asked } = searching({ reranker: byLength });
  const { hits } = await run(request);
  expect(asked[0]?.request.limit).toBe(30);
  expect(hits).toMatchObject([
    { chunk: { text: 'ccc' }, score: 0.08, stages: { lexical: { rank: 3 }, rerank: { rank: 1, score: 0.08 } } },
    { chunk: { text: 'bb' }, stages: { rerank: { rank: 2 } } },
  ]);
});

it('goes without a stage whose model fails, and names it', async () => {
  const away = (): Promise<never> => Promise.reject(new ModelError('Model.Unavailable', 'It is loading.'));
  const failing = searching({ model: away, reranker: { ...byLength, rank: away } });
  expect(await failing.run(request)).toMatchObject({
    hits: [{ chunk: { text: 'a' } }, { chunk: { text: 'bb' } }],
    failures: [
      { source: 'vector', reason: 'It is loading.' },
      { source: 'rerank', reason: 'It is loading.' },
    ],
  });
  expect(failing.asked[0]?.request.stages).toEqual(['lexical']);
  await expect(failing.run({ ...request, stages: ['vector'] })).rejects.toMatchObject({
    type: 'Model.Unavailable',
    nonRetryable: false,
  });
});

it('does not do what was not asked for, and refuses what finds nothing', async () => {
  const { run, asked } = searching({ reranker: byLength });
  expect((await run({ ...request, stages: ['lexical'] })).hits[0]?.chunk.text).toBe('a');
  expect(asked).toMatchObject([{ request: { stages: ['lexical'], limit: 2 } }]);
  expect(asked[0]?.modelId).toBeUndefined();
  await expect(run({ ...request, stages: ['rerank'] })).rejects.toMatchObject({ type: 'InvalidRequest' });
  expect(await searching({}).run({ ...request, stages: ['lexical', 'rerank'] })).toMatchObject({
    failures: [{ source: 'rerank', reason: expect.stringContaining('COLLOQUY_RERANK_MODEL') }],
  });
});

it('judges the hits of the search itself where that is the search to judge by', async () => {
  const searchesFor = async (given: Partial<SearchRequest>, parts = {}): Promise<number> => {
    const judged = searching({ modelId: 'multilingual-e5-small', cosine: 0.75, ...parts });
    const query = 'When does the ferry sail?';
    expect((await judged.run({ ...request, query, limit: 10, questions: [query], ...given })).isWeak).toBe(true);
    return judged.asked.length;
  };
  expect(await searchesFor({})).toBe(1);
  expect(await searchesFor({ stages: ['lexical', 'vector'] })).toBe(1);
  // Other hits would be judged otherwise.
  expect(await searchesFor({ limit: 4 })).toBe(2);
  expect(await searchesFor({ stages: ['vector'] })).toBe(2);
  expect(await searchesFor({ query: 'ferry' })).toBe(2);
  expect(await searchesFor({}, { reranker: byLength })).toBe(2);
});

it('judges hits by what they are to answer, and says nothing where it is not asked or cannot tell', async () => {
  const weak = { ...request, query: 'harbour opens', questions: ['When does the ferry sail?'] };
  const judged = searching({ modelId: 'multilingual-e5-small', cosine: 0.75 });
  expect((await judged.run(weak)).isWeak).toBe(true);
  expect(judged.asked.map((each) => [each.request.query, each.request.limit, each.request.questions])).toEqual([
    ['harbour opens', 2, undefined],
    ['When does the ferry sail?', 10, undefined],
  ]);
  // Its words answer one of the questions.
  expect((await judged.run({ ...weak, questions: [...weak.questions, 'A bb ccc?'] })).isWeak).toBe(false);
  const near = searching({ modelId: 'multilingual-e5-small', cosine: 0.95 });
  expect((await near.run(weak)).isWeak).toBe(false);
  expect(await judged.run(request)).not.toHaveProperty('isWeak');
  expect(await judged.run({ ...weak, questions: ['Thanks!'] })).not.toHaveProperty('isWeak');
  expect(await judged.run({ ...weak, stages: ['lexical'] })).not.toHaveProperty('isWeak');
  expect(await searching({ cosine: 0.75 }).run(weak)).not.toHaveProperty('isWeak');
});

it('makes one vector of a question that several knowledge bases are asked, and none where there are none', async () => {
  const { run, asked, made } = searching({});
  await run({ ...request, knowledgeBases: ['plain'] });
  expect(made).toEqual({ lists: 1, vectors: 0 });
  await Promise.all([run(request), run(request), run({ ...request, knowledgeBases: ['plain', 'docs'] })]);
  expect(made).toEqual({ lists: 1, vectors: 1 });
  await run({ ...request, query: 'sun' });
  await run({ ...request, knowledgeBases: ['plain'] });
  expect(made).toEqual({ lists: 2, vectors: 2 });
  expect(asked.map(({ modelId }) => modelId)).toEqual([undefined, 'm', 'm', 'm', 'm', undefined]);
});
