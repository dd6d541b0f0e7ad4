import { expect, it } from 'vitest';
import { MODEL_PROFILES } from '../inference/profiles/model-profiles.js';
import { artefactOf, modelIdOf } from './resolve-model.js';

it('takes the id of a known chat model', () => {
  expect(modelIdOf('smollm2-135m-instruct')).toBe('smollm2-135m-instruct');
});

it.each([
  ['./models/My Model.Q4_K_M.gguf', 'my-model.q4_k_m'],
  ['/srv/Llama-3.2-1B-Instruct.GGUF', 'llama-3.2-1b-instruct.gguf'],
  ['name.gguf', 'name'],
  ['/srv/Big-70B-00002-of-00003.gguf', 'big-70b'],
  ['big-00004-of-00003.gguf', 'big-00004-of-00003'],
])('makes an id of the path %j', (path, modelId) => {
  expect(modelIdOf(path)).toBe(modelId);
});

it('names the models there are when it does not know one', () => {
  expect(() => modelIdOf('gpt-5')).toThrow(
    /^There is no model "gpt-5"\. Known: smollm2-135m-instruct.* path of a GGUF file/u,
  );
});

it('says that an embedding model cannot answer', () => {
  expect(() => modelIdOf('multilingual-e5-small')).toThrow(/is an embedding model: it does not answer/u);
});

it('takes an embedding model for what it is made for, and no other for it', () => {
  expect(modelIdOf('multilingual-e5-small', ['embedding'])).toBe('multilingual-e5-small');
  expect(() => modelIdOf('smollm2-135m-instruct', ['embedding'])).toThrow(/is (?:no|not an) embedding model/u);
});

it('says that a base model does not answer', () => {
  expect(() => modelIdOf('llama-3-8b')).toThrow(/is a base model: it continues text/u);
});

it.each(MODEL_PROFILES.filter(({ page }) => page === undefined))('knows the file of $modelId', (profile) => {
  const { name, sizeBytes, sha256 } = artefactOf(profile.modelId);
  expect({ name, sizeBytes }).toEqual({ name: profile.modelId, sizeBytes: profile.sizeBytes });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/u);
});

it('says where to get a file whose checksum is not known', () => {
  expect(() => artefactOf('llama-3-8b')).toThrow(/no checksum is known.*https:\/\/huggingface\.co/u);
});
