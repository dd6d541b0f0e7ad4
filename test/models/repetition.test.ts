import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoding } from '../../src/domain/decoding.js';
import type { Checkpoint, LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();

/** Text that a small model without a penalty goes round in. */
const LOOP = 'The rain fell and fell. The rain fell and fell. The rain fell and fell. The rain fell and fell.';

describe.skipIf(modelPath === undefined)('text that repeats itself, on real weights', { timeout: 60_000 }, () => {
  let model: LanguageModel;

  beforeAll(async () => {
    model = await openNodeLlamaCppModel({
      modelId: 'm',
      modelPath: modelPath ?? '',
      contextTokens: 1024,
      sequences: 1,
    });
  }, 60_000);

  afterAll(() => model.dispose());

  function goOn(decoding: Decoding, { maxOutputTokens = 400, resumeFrom = undefined as Checkpoint | undefined } = {}) {
    return model.generate(
      {
        prompt: { type: 'text', text: LOOP },
        maxOutputTokens,
        resumeFrom,
        decoding: { repetitionPenalty: 1, ...decoding },
      },
      { signal: new AbortController().signal, onDelta: () => undefined },
    );
  }

  it('ends as degenerate, soon, with what was shown', async () => {
    const { text, finishReason, usage } = await goOn({});
    expect(finishReason).toBe('degenerate');
    expect(usage.outputTokens).toBeLessThan(200);
    expect(text).toContain('The rain fell and fell.');
  });

  it('goes on for ever when that is asked for', async () => {
    const { finishReason, usage } = await goOn({ repetitionLimit: 0 }, { maxOutputTokens: 250 });
    expect(finishReason).toBe('length');
    expect(usage.outputTokens).toBe(250);
  });

  it('ends at the same place after a resumption', async () => {
    const whole = await goOn({});
    const tokens: number[] = [];
    let shown = '';
    const stop = new AbortController();
    await model.generate(
      { prompt: { type: 'text', text: LOOP }, maxOutputTokens: 400, decoding: { repetitionPenalty: 1 } },
      {
        signal: stop.signal,
        onDelta: (delta) => {
          shown += delta.text;
          tokens.push(...delta.tokens);
          if (tokens.length > 50) stop.abort();
        },
      },
    );
    const resumed = await goOn({}, { resumeFrom: { text: shown, tokens } });
    expect(resumed.finishReason).toBe('degenerate');
    expect(resumed.text).toBe(whole.text);
  });

  it('says no phrase again and again on a line under DRY, the same on every attempt', async () => {
    const decoding = { dryMultiplier: 0.8 };
    const { text } = await goOn(decoding, { maxOutputTokens: 150 });
    // DRY counts a repetition within a line only. On CPUs that round otherwise, the model therefore repeats a whole line below itself.
    const mostOnALine = (answer: string): number =>
      Math.max(...answer.split('\n').map((line) => line.split('The rain fell').length - 1));
    expect(mostOnALine(text)).toBeLessThan(8);
    expect(mostOnALine((await goOn({}, { maxOutputTokens: 150 })).text)).toBeGreaterThan(10);
    expect((await goOn(decoding, { maxOutputTokens: 150 })).text).toBe(text);
  });
});
