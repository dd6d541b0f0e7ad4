import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EmbeddingContexts } from '../../src/inference/llama/embedding-contexts.js';
import { embeddingModelFile } from './embedding-model-file.js';

const path = embeddingModelFile();

describe.skipIf(path === undefined)('short queries on real weights', () => {
  it('are embedded without flash attention, next to the vectors that passages have', { timeout: 120_000 }, async () => {
    const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.error });
    onTestFinished(() => llama.dispose());
    const model = await llama.loadModel({ modelPath: path ?? '' });
    const contexts = await EmbeddingContexts.create(model, model.trainContextSize, 1);
    const vectors = async (text: string) => {
      const tokens = model.tokenize(text);
      const [query, passage] = [await contexts.embed(tokens, 'query'), await contexts.embed(tokens, 'passage')];
      return { query, passage };
    };

    const short = await vectors('query: when are the doors unlocked');
    // The setting took effect: the library itself offers it to other contexts only.
    expect(short.query).not.toEqual(short.passage);
    expect(cosine(short.query, short.passage)).toBeGreaterThan(0.9998);

    const long = await vectors(`query: ${'the doors are unlocked at nine '.repeat(20)}`);
    expect(long.query).toEqual(long.passage);
    expect(model.defaultContextFlashAttention).not.toBe(false);
  });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
