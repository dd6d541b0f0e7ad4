import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLlamaEmbeddingModel } from '../../src/inference/process/llama-embedding-model.js';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import type { KnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';
import { embeddingModelFile } from './embedding-model-file.js';
import { chatModelFile } from './model-file.js';

const chatPath = chatModelFile();
const embeddingPath = embeddingModelFile();
const PAGES = new Map([
  ['https://library.example/hours', 'On weekdays the doors are unlocked at nine in the morning.'],
  ['https://kitchen.example/bread', 'Knead the dough for ten minutes and let it rest.'],
]);

describe.skipIf(chatPath === undefined || embeddingPath === undefined)('an answer with sources on real weights', () => {
  let env: TestWorkflowEnvironment;
  let stack: SessionStack;
  let model: LanguageModel;
  let embedding: EmbeddingModel;

  beforeAll(async () => {
    env = await startTestServer();
    stack = createSessionStack(env);
    model = await openNodeLlamaCppModel({
      modelId: 'm',
      modelPath: chatPath ?? '',
      contextTokens: 4096,
      sequences: 1,
      gpu: false,
    });
    embedding = await openLlamaEmbeddingModel({ modelId: 'e5', modelPath: embeddingPath ?? '', gpu: false });
    await stack.startSessionsWorker();
    await stack.startModelWorker(model);
    await stack.startRetrievalWorker({
      // Knowledge bases are not asked here.
      store: {} as KnowledgeStore,
      embeddingModel: () => Promise.resolve(embedding),
      reranker: () => Promise.resolve(undefined),
      web: {
        providers: [
          {
            name: 'local',
            search: () => Promise.resolve([...PAGES].map(([url]) => ({ url, title: url, snippet: '' })).toReversed()),
          },
        ],
        pages: {
          read: (url) =>
            Promise.resolve({
              url,
              contentHash: url,
              document: { title: url, mediaType: 'text/plain', text: PAGES.get(url) ?? '', headings: [] },
            }),
        },
      },
    });
  }, 120_000);

  afterAll(async () => {
    await stack.close();
    await Promise.all([model.dispose(), embedding.dispose()]);
    await env.teardown();
  });

  // How well so small a model cites cannot be promised.
  it('is told first what means the same in another language, and cites none that does not exist', async () => {
    const answer = await stack.client.ask('图书馆早上几点开门?', {
      modelId: model.modelId,
      sources: { web: true },
      maxOutputTokens: 48,
    });
    expect(answer.failures).toEqual([]);
    expect(answer.sources[0]).toMatchObject({ number: 1, uri: 'https://library.example/hours' });
    expect(answer.keywords.length).toBeGreaterThan(0);
    for (const { number } of answer.citations) expect([1, 2]).toContain(number);
    expect(answer.grounded).toBe(answer.citations.length > 0);
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
  });
});
