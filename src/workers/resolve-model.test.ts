import { expect, it } from 'vitest';
import { MODEL_PROFILES } from '../inference/model-profiles.js';
import { artefactOf, modelIdOf } from './resolve-model.js';

it('takes the id of a known chat model', () => {
  expect(modelIdOf('smollm2-135m-instruct')).toBe('smollm2-135m-instruct');
});

it.each([
  ['./models/My Model.Q4_K_M.gguf', 'my-model.q4_k_m'],
  ['/srv/Llama-3.2-1B-Instruct.GGUF', 'llama-3.2-1b-instruct.gguf'],
  ['name.gguf', 'name'],
])('makes an id of the path %j', (path, modelId) => {
  expect(modelIdOf(path)).toBe(modelId);
});

it('names the models there are when it does not know one', () => {
  expect(() => modelIdOf('gpt-5')).toThrow(
    /^There is no model "gpt-5"\. Known: smollm2-135m-instruct.* path of a GGUF file/u,
  );
});

it('says that an embedding model cannot answer', () => {
  expect(() => modelIdOf('multilingual-e5-small')).toThrow(/is an embedding model: it cannot answer/u);
});

it('knows a file for every profile', () => {
  for (const { modelId } of MODEL_PROFILES) expect(artefactOf(modelId).name).toBe(modelId);
});
