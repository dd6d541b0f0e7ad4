import { expect, it } from 'vitest';
import { findServerModel } from './server-model.js';

it.each([
  ['ollama:smollm2:135m', 'ollama:smollm2:135m', 'smollm2:135m'],
  ['ollama:smollm2', 'ollama:smollm2:latest', 'smollm2:latest'],
  [
    'ollama:registry.local:5000/me/llama3',
    'ollama:registry.local:5000/me/llama3:latest',
    'registry.local:5000/me/llama3:latest',
  ],
  [
    'openai:meta-llama/Llama-3.1-8B-Instruct',
    'openai:meta-llama/Llama-3.1-8B-Instruct',
    'meta-llama/Llama-3.1-8B-Instruct',
  ],
])('%s is %s', (given, modelId, name) => {
  expect(findServerModel(given)).toMatchObject({ modelId, name });
});

it.each(['smollm2-135m-instruct', './ollama:x.gguf', 'vllm:x', 'Ollama:x'])('%s is none', (given) => {
  expect(findServerModel(given)).toBeUndefined();
});

it.each(['ollama:', 'openai:', 'ollama:two words', 'openai:a\nb', `openai:${'a'.repeat(201)}`])(
  '%j is refused',
  (given) => {
    expect(() => findServerModel(given)).toThrow(/names no model: after "(?:ollama|openai):" comes its name/u);
  },
);
