import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BeamSearchRequest, LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();

const BEGINNINGS = [
  'The capital of France is',
  'Once upon a time there was',
  'The best way to learn a language is',
  'Water boils at',
  'In the morning Alice decided to',
  'The most important invention of the century',
  'def fibonacci(n):',
  'Dear Sir or Madam,',
  'The law says that',
  'My favourite colour is',
  'To make bread you need',
  'The sun is',
  'Roses are red,',
  'Computers are machines that',
  'The first thing to do is',
  'A dog and a cat',
  'Yesterday I went',
  'The difference between a star and a planet is',
  'Artificial intelligence should',
  'SELECT name FROM',
] as const;

describe.skipIf(modelPath === undefined)('beam search on real weights', { timeout: 120_000 }, () => {
  let model: LanguageModel;

  beforeAll(async () => {
    const options = { modelId: 'm', modelPath: modelPath ?? '', contextTokens: 512, sequences: 6, gpu: false } as const;
    model = await openNodeLlamaCppModel(options);
  }, 60_000);

  afterAll(() => model.dispose());

  const signal = new AbortController().signal;
  const search = (text: string, request: Partial<BeamSearchRequest> = {}) =>
    model.beamSearch({ prompt: { type: 'text', text }, maxOutputTokens: 8, width: 4, ...request }, { signal });

  it.each(BEGINNINGS)('finds a continuation at least as likely as the greedy one: %s', async (text) => {
    const greedy = await model.generate(
      {
        prompt: { type: 'text', text },
        maxOutputTokens: 8,
        topLogprobs: 0,
        decoding: { temperature: 0, repetitionPenalty: 1, repetitionLimit: 0 },
      },
      { signal, onDelta: () => undefined },
    );
    const greedyLogprob = (greedy.logprobs ?? []).reduce((sum, { logprob }) => sum + logprob, 0);
    const { beams } = await search(text, { lengthPenalty: 0 });
    // Batches of another size round differently.
    expect(beams[0]?.logprob).toBeGreaterThanOrEqual(greedyLogprob - 0.02);
  });

  it('tells log-probabilities that are those of the text', async () => {
    const { beams } = await search('The capital of France is', { best: 3 });
    expect(beams).toHaveLength(3);
    expect(new Set(beams.map(({ text }) => text)).size).toBe(3);
    for (const beam of beams) {
      expect(beam).toMatchObject({ finishReason: 'length' });
      expect(beam.score).toBeCloseTo(beam.logprob / beam.tokens.length, 6);
      let sum = 0;
      for (const [index, token] of beam.tokens.entries()) {
        const { logprobs = [] } = await model.generate(
          {
            prompt: { type: 'text', text: 'The capital of France is' },
            resumeFrom: { text: '', tokens: beam.tokens.slice(0, index) },
            maxOutputTokens: index + 1,
            topLogprobs: 20,
          },
          { signal, onDelta: () => undefined },
        );
        sum += logprobs[0]?.top.find((one) => one.token === token)?.logprob ?? Number.NaN;
      }
      expect(beam.logprob).toBeCloseTo(sum, 1);
    }
  });

  it('ends continuations at stop strings, which are not shown', async () => {
    const { beams } = await search('One, two, three, four,', { stop: [','], best: 4 });
    const stopped = beams.filter(({ finishReason }) => finishReason === 'stop');
    expect(stopped[0]?.text).toBe(' five');
    expect(beams.every(({ text }) => !text.includes(','))).toBe(true);
  });

  it('shares the sequences with answers that are being written', async () => {
    const answers = Array.from({ length: 5 }, (_, index) =>
      model.generate(
        { prompt: { type: 'text', text: BEGINNINGS[index] ?? '' }, maxOutputTokens: 40 },
        { signal, onDelta: () => undefined },
      ),
    );
    const [{ beams }, ...texts] = await Promise.all([search('The sun is'), ...answers]);
    expect(beams[0]?.text).not.toBe('');
    expect(texts.every(({ usage }) => usage.outputTokens > 0)).toBe(true);
  });

  it('gives what it has found when cancelled', async () => {
    const controller = new AbortController();
    const searching = model.beamSearch(
      { prompt: { type: 'text', text: 'Once upon a time' }, maxOutputTokens: 400, width: 4 },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(), 500);
    const { beams } = await searching;
    expect(beams[0]?.finishReason).toBe('cancelled');
    expect(beams[0]?.text).not.toBe('');
  });

  it.each([
    [{ width: 0 }, 'width must be a whole number from 1 to 32, not 0.'],
    [{ width: 33 }, 'width must be a whole number from 1 to 32, not 33.'],
    [{ best: 5 }, 'best must be a whole number from 1 to 4, not 5.'],
  ])('refuses %j', async (request, message) => {
    await expect(search('x', request)).rejects.toMatchObject({ type: 'Model.Unsupported', message });
  });
});
