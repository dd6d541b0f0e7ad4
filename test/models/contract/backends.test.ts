import { afterAll, describe } from 'vitest';
import { z } from 'zod';
import { openNodeLlamaCppModel } from '../../../src/inference/process/node-llama-cpp-model.js';
import { openOllamaModel } from '../../../src/inference/ollama/ollama-model.js';
import { openOpenAiCompatibleModel } from '../../../src/inference/openai/openai-compatible-model.js';
import { chatModelFile } from '../model-file.js';
import { contract } from './contract.js';
import { CONTEXT_TOKENS, startOllama } from '../../support/ollama-server.js';

const modelPath = chatModelFile();
const name = 'smollm2:135m';
const ollama = modelPath === undefined ? undefined : await startOllama(name, modelPath);

afterAll(() => ollama?.stop());

describe.skipIf(modelPath === undefined)('contract', () => {
  contract(
    'node-llama-cpp',
    () =>
      openNodeLlamaCppModel({
        modelId: 'smollm2-135m-instruct',
        modelPath: modelPath ?? '',
        contextTokens: CONTEXT_TOKENS,
        sequences: 2,
        gpu: false,
      }),
    { countsExactly: true, refusedSchema: z.string().regex(/^a+$/u) },
  );
});

describe.skipIf(ollama === undefined)('contract', () => {
  const { host = '' } = ollama ?? {};
  const refusedSchema = z.number().min(0).max(1);
  const served = (path: RegExp) => () => [...(ollama?.log() ?? '').matchAll(path)].length;
  const newestPrompt = (): string => {
    const quoted = [
      ...(ollama?.log() ?? '').matchAll(/msg="(?:chat|generate) request" images=0 prompt=("(?:[^"\\]|\\.)*")/gu),
    ].at(-1)?.[1];
    return String(JSON.parse(quoted ?? '""'));
  };

  contract('ollama', () => openOllamaModel({ modelId: `ollama:${name}`, name, host, contextTokens: CONTEXT_TOKENS }), {
    countsExactly: true,
    refusedSchema,
    served: served(/msg="generate request"/gu),
    newestPrompt,
  });

  contract(
    'openai-compatible',
    () =>
      openOpenAiCompatibleModel({
        modelId: `openai:${name}`,
        name,
        baseUrl: `http://${host}/v1`,
        contextTokens: CONTEXT_TOKENS,
      }),
    { countsExactly: false, refusedSchema, served: served(/msg="chat request"/gu), newestPrompt },
  );
});
