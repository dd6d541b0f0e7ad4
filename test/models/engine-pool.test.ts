// Two real engines of one model: who answers where, and what the end of one of them means to the other.
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { GenerateRequest, LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { createTemporaryFolder } from '../setup/temporary-folder.js';
import { chatModelFile } from './model-file.js';
import { enginesOf } from './support/engines-of.js';

const modelPath = chatModelFile();

const engines = (): number[] => enginesOf(process.pid);

function story(about: string, maxOutputTokens: number): GenerateRequest {
  return {
    prompt: { type: 'chat', messages: [{ role: 'user', text: `Tell me a long story about ${about}.` }] },
    maxOutputTokens,
    cacheKey: about,
  };
}

describe.skipIf(modelPath === undefined)('a model of two engines', { timeout: 60_000 }, () => {
  let model: LanguageModel;
  afterEach(() => model.dispose());

  const signal = new AbortController().signal;
  const notices: string[] = [];
  async function open(path = modelPath ?? ''): Promise<void> {
    notices.length = 0;
    const onNotice = (notice: string): void => void notices.push(notice);
    const sizes = { contextTokens: 1024, sequences: 4, threads: 1, gpu: false, engines: 2 } as const;
    model = await openNodeLlamaCppModel({ modelId: 'm', modelPath: path, ...sizes, onNotice });
  }
  const write = (request: GenerateRequest, onText: () => void = () => undefined) =>
    model.generate(request, { signal, onDelta: onText });

  it('starts the second when two answers meet, and no third; both write what one would have', async () => {
    await open();
    expect(model.sequences).toBe(4);
    const alone = await write(story('a fox', 30));
    await write(story('a bear', 5));
    expect(engines()).toHaveLength(1);
    await model.forget('a fox');
    const together = await Promise.all(['a fox', 'an owl', 'a hare', 'a mole'].map((about) => write(story(about, 30))));
    expect(engines()).toHaveLength(2);
    expect(together.map(({ usage }) => usage.outputTokens)).toEqual([30, 30, 30, 30]);
    expect(together[0]?.text).toBe(alone.text);
    await model.dispose();
    expect(engines()).toEqual([]);
  });

  it('tells the answer that waits for the second to be loaded', async () => {
    await open();
    const steps = new Map<string, string[]>();
    const writeOf = (about: string) => {
      const told: string[] = [];
      steps.set(about, told);
      return model.generate(story(about, 5), {
        signal,
        onDelta: () => undefined,
        onProgress: ({ step }) => void told.push(step),
      });
    };
    await Promise.all([writeOf('a fox'), writeOf('an owl')]);
    expect(steps.get('a fox')).not.toContain('loading');
    expect(steps.get('an owl')?.[0]).toBe('loading');
    await writeOf('a bear');
    expect(steps.get('a bear')).not.toContain('loading');
  });

  it('goes on with a long conversation where it is held, with a short one where there is less to do', async () => {
    await open();
    const long = {
      ...story('a fox', 10),
      prompt: { type: 'text', text: 'One fox and another fox. '.repeat(60) },
    } as const;
    const first = await write(long);
    expect(first.usage).toMatchObject({ cachedInputTokens: 0 });
    let isUnderWay: () => void;
    const underWay = new Promise<void>((resolve) => (isUnderWay = resolve));
    const other = write(story('an owl', 120), () => isUnderWay());
    await underWay;
    // `other` runs in the same engine, the other engine is not started yet, and this one need not be.
    const again = await write(long);
    expect(again.usage.cachedInputTokens).toBe(first.usage.inputTokens - 1);
    expect(again.text).toBe(first.text);
    expect(engines()).toHaveLength(1);
    await other;
  });

  it('loses, by the end of one, the answers in it alone', async () => {
    await open();
    await Promise.all([write(story('a fox', 5)), write(story('an owl', 5))]);
    const [, second = 0] = engines();
    let shown = 0;
    const kept = write(story('a fox', 60));
    const broken = write(story('an owl', 100), () => {
      if (++shown === 5) process.kill(second, 'SIGKILL');
    });
    await expect(broken).rejects.toMatchObject({ type: 'Model.Crashed' });
    expect((await kept).usage.outputTokens).toBe(60);
    // The next ones are served, by both again.
    const next = await Promise.all([write(story('a fox', 5)), write(story('an owl', 5))]);
    expect(next.map(({ usage }) => usage.outputTokens)).toEqual([5, 5]);
    expect(engines()).toHaveLength(2);
    expect(engines()).not.toContain(second);
  });

  it('goes on with one when the second does not open', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, 'model.gguf');
    await copyFile(modelPath ?? '', path);
    await open(path);
    await rm(path);
    const answers = await Promise.all(['a fox', 'an owl', 'a hare'].map((about) => write(story(about, 10))));
    expect(answers.map(({ usage }) => usage.outputTokens)).toEqual([10, 10, 10]);
    expect(engines()).toHaveLength(1);
    expect(notices.at(-1)).toMatch(/^Another engine of model "m" did not open; the model continues without it\. /);
  });
});
