import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateRequest, LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();
const TEXT = 'The capital of France is';

describe.skipIf(modelPath === undefined)('log-probabilities on real weights', { timeout: 60_000 }, () => {
  let model: LanguageModel;

  beforeAll(async () => {
    model = await openNodeLlamaCppModel({
      modelId: 'm',
      modelPath: modelPath ?? '',
      contextTokens: 512,
      sequences: 2,
      gpu: false,
    });
  }, 60_000);

  afterAll(() => model.dispose());

  function ask(request: Partial<GenerateRequest>) {
    return model.generate(
      { prompt: { type: 'text', text: TEXT }, maxOutputTokens: 12, ...request },
      { signal: new AbortController().signal, onDelta: () => undefined },
    );
  }

  it('equal those that node-llama-cpp computes over the whole vocabulary', async () => {
    const { logprobs = [] } = await ask({ topLogprobs: 5, decoding: { repetitionPenalty: 1 } });
    expect(logprobs).toHaveLength(12);

    const llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      maxThreads: 1,
      logLevel: LlamaLogLevel.error,
    });
    const plain = await llama.loadModel({ modelPath: modelPath ?? '' });
    const sequence = (await plain.createContext({ contextSize: 512, threads: 1 })).getSequence();
    const bos = plain.tokens.shouldPrependBosToken && plain.tokens.bos !== null ? [plain.tokens.bos] : [];
    const steps = sequence.evaluateWithMetadata(
      [...bos, ...plain.tokenize(TEXT)],
      { probabilities: true },
      { temperature: 0 },
    );
    const independent = [];
    for await (const { token, probabilities } of steps) {
      independent.push({ token, probabilities });
      if (independent.length === logprobs.length) break;
    }
    await llama.dispose();

    for (const [index, { token, probabilities }] of independent.entries()) {
      const step = logprobs[index];
      expect(step?.token).toBe(token);
      const sum = [...probabilities.values()].reduce((total, probability) => total + probability, 0);
      expect(sum).toBeCloseTo(1, 3);
      for (const { token: id, logprob } of [...(step?.top ?? []), ...(step ? [step] : [])]) {
        const wanted = [...probabilities].find(([other]) => other === id)?.[1];
        expect(Math.exp(logprob)).toBeCloseTo(wanted ?? -1, 2);
      }
      expect([...probabilities.keys()].slice(0, 2)).toEqual(step?.top.slice(0, 2).map((one) => one.token));
    }
  });

  it('name the tokens, likeliest first, and never sum to more than one', async () => {
    const { logprobs = [], text } = await ask({ topLogprobs: 100 });
    expect(logprobs.map((step) => step.text).join('')).toBe(text);
    for (const { top } of logprobs) {
      expect(top).toHaveLength(100);
      expect(top.map(({ logprob }) => logprob)).toEqual(top.map(({ logprob }) => logprob).toSorted((a, b) => b - a));
      const sum = top.reduce((total, { logprob }) => total + Math.exp(logprob), 0);
      expect(sum).toBeGreaterThan(0.5);
      expect(sum).toBeLessThan(1.001);
    }
  });

  it('tell of a token that penalties chose how likely the model found it', async () => {
    const { logprobs = [] } = await ask({ topLogprobs: 1, decoding: { temperature: 1.5, topK: 0, topP: 1, seed: 3 } });
    expect(logprobs.some(({ token, top }) => token !== top[0]?.token)).toBe(true);
    for (const { logprob, top } of logprobs) expect(logprob).toBeLessThanOrEqual(top[0]?.logprob ?? 0);
  });

  it('include the token that ends the answer, by name', async () => {
    const { logprobs = [] } = await ask({
      prompt: { type: 'chat', messages: [{ role: 'user', text: 'What is the capital of France?' }] },
      maxOutputTokens: 30,
      topLogprobs: 0,
    });
    expect(logprobs.at(-1)).toMatchObject({ text: '<|im_end|>', top: [] });
  });

  it('are not told where nobody asks, and refused beyond 100', async () => {
    expect((await ask({})).logprobs).toBeUndefined();
    await expect(ask({ topLogprobs: 101 })).rejects.toMatchObject({ type: 'Model.Unsupported' });
  });
});
