import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { embedWithCache } from './embedding-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colloquy-embeddings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A model of two dimensions, the text's length and 1, that notes what it was asked. */
function countingModel(modelId = 'm'): EmbeddingModel & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    modelId,
    asked,
    dimensions: 2,
    maxTokens: 512,
    countTokens: async (text) => text.length,
    embed: async (texts) => {
      asked.push(...texts);
      return texts.map((text) => Float32Array.of(text.length, 1));
    },
    dispose: async () => undefined,
  };
}

const embed = (model: EmbeddingModel, texts: readonly string[], path = join(folder, 'cache', 'vectors.bin')) =>
  embedWithCache(model, texts, { path, signal: new AbortController().signal, onProgress: () => undefined });

it('makes each vector once, and gives them in the order of the texts', async () => {
  await embed(countingModel(), ['a', 'bb']);
  const second = countingModel();
  const vectors = await embed(second, ['bb', 'ccc', 'a']);
  expect(second.asked).toEqual(['ccc']);
  expect(vectors.map(([length]) => length)).toEqual([2, 3, 1]);
});

it('does not take the vectors of another model', async () => {
  await embed(countingModel(), ['a']);
  const other = countingModel('n');
  await embed(other, ['a']);
  expect(other.asked).toEqual(['a']);
});

it('goes on after a write that was interrupted', async () => {
  const path = join(folder, 'vectors.bin');
  await embed(countingModel(), ['a', 'bb'], path);
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length - 5));
  const second = countingModel();
  expect((await embed(second, ['a', 'bb'], path)).map(([length]) => length)).toEqual([1, 2]);
  expect(second.asked).toEqual(['bb']);
  expect((await stat(path)).size).toBe(bytes.length);
});
