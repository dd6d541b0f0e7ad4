import { afterAll, describe, expect, it } from 'vitest';
import { openLlamaEmbeddingModel } from '../../../src/inference/process/llama-embedding-model.js';
import { openOllamaEmbeddingModel } from '../../../src/inference/ollama/ollama-embedding-model.js';
import { openOpenAiEmbeddingModel } from '../../../src/inference/openai/openai-embedding-model.js';
import { startOllama } from '../../support/ollama-server.js';
import { embeddingModelFile } from '../embedding-model-file.js';
import { chatModelFile } from '../model-file.js';
import { dot, embeddingContract } from './embedding-contract.js';

const modelPath = embeddingModelFile();
const chatPath = chatModelFile();
const name = 'multilingual-e5-small:latest';
const ollama = modelPath === undefined ? undefined : await startOllama(name, modelPath);

afterAll(() => ollama?.stop());

const openLlama = () =>
  openLlamaEmbeddingModel({
    modelId: 'multilingual-e5-small',
    modelPath: modelPath ?? '',
    gpu: false,
    countsNow: true,
  });

describe.skipIf(modelPath === undefined)('embedding contract', () => {
  embeddingContract('node-llama-cpp', openLlama, { countsExactly: true });

  it.skipIf(chatPath === undefined)('refuses a model that was not made for vectors', { timeout: 60_000 }, async () => {
    const opening = openLlamaEmbeddingModel({ modelId: 'chat', modelPath: chatPath ?? '', gpu: false });
    await expect(opening).rejects.toMatchObject({
      type: 'Model.Unsupported',
      message: expect.stringContaining('is not an embedding model') as string,
    });
  });
});

describe.skipIf(ollama === undefined)('embedding contract', () => {
  const { host = '' } = ollama ?? {};
  const served = (path: RegExp) => () => [...(ollama?.log() ?? '').matchAll(path)].length;
  const openOllama = () => openOllamaEmbeddingModel({ modelId: `ollama:${name}`, name, host });
  const openOpenAi = () =>
    openOpenAiEmbeddingModel({ modelId: `openai:${name}`, name, baseUrl: `http://${host}/v1`, maxTokens: 512 });

  embeddingContract('ollama', openOllama, { countsExactly: true, served: served(/"\/api\/embed"/gu) });
  embeddingContract('openai-compatible', openOpenAi, { countsExactly: false, served: served(/"\/v1\/embeddings"/gu) });

  it('gives the same vectors whoever runs the weights', { timeout: 120_000 }, async () => {
    const models = await Promise.all([openLlama(), openOllama(), openOpenAi()]);
    try {
      const signal = new AbortController().signal;
      const texts = ['The harbour was closed because of the storm.', '女性平均每天需要46克蛋白质。'];
      const [ours = [], ...others] = await Promise.all(
        models.map((model) => model.embed(texts, { purpose: 'passage', signal })),
      );
      for (const vectors of others) {
        expect(dot(ours[0], vectors[0])).toBeGreaterThan(0.99);
        expect(dot(ours[1], vectors[1])).toBeGreaterThan(0.99);
      }
      const counts = await Promise.all(models.slice(0, 2).map((model) => model.countTokens(texts[1] ?? '')));
      expect(counts[1]).toBe(counts[0]);
    } finally {
      for (const model of models) await model.dispose();
    }
  });

  it('says that a server lacks the model', async () => {
    const missing = { modelId: 'ollama:none', name: 'none', host };
    await expect(openOllamaEmbeddingModel(missing)).rejects.toMatchObject({ type: 'Model.NotFound' });
    const unlisted = { modelId: 'openai:none', name: 'none', baseUrl: `http://${host}/v1` };
    await expect(openOpenAiEmbeddingModel(unlisted)).rejects.toMatchObject({ type: 'Model.NotFound' });
  });
});
