import { copyFile, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint, GenerateRequest, LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();

function chat(subject: string): GenerateRequest['prompt'] {
  const text = `Here is what I know. ${`${subject} is a fine thing to think about. `.repeat(20)}Tell me about ${subject}.`;
  return { type: 'chat', persona: 'You are kind.', messages: [{ role: 'user', text }] };
}

async function ask(model: LanguageModel, request: Partial<GenerateRequest> & Pick<GenerateRequest, 'prompt'>) {
  const options = { signal: new AbortController().signal, onDelta: () => {} };
  return model.generate({ maxOutputTokens: 5, ...request }, options);
}

describe.skipIf(modelPath === undefined)('snapshots of conversations', { timeout: 60_000 }, () => {
  let folder: string;
  let notices: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-kv-'));
    notices = [];
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Opens the model, runs `work` with it and closes it: each call is a process of its own. */
  async function withModel<T>(
    work: (model: LanguageModel) => Promise<T>,
    { sequences = 2, contextTokens = 512, file = modelPath ?? '' } = {},
  ): Promise<T> {
    const model = await openNodeLlamaCppModel({
      modelId: 'm',
      modelPath: file,
      contextTokens,
      sequences,
      snapshots: { folder, budgetBytes: 1e9 },
      onNotice: (notice) => notices.push(notice),
    });
    try {
      return await work(model);
    } finally {
      await model.dispose();
    }
  }

  const warnings = () => notices.filter((notice) => !notice.includes('is open on'));

  async function states(): Promise<string[]> {
    const files = await readdir(folder, { recursive: true });
    return files.filter((file) => file.endsWith('.kv')).map((file) => join(folder, file));
  }

  it('are written at shutdown and loaded by the next process', async () => {
    const first = await withModel((model) => ask(model, { prompt: chat('rain') }));
    const again = await withModel((model) => ask(model, { prompt: chat('rain') }));
    expect(again.usage.cachedInputTokens).toBe(first.usage.inputTokens - 1);
    expect(again.text).toBe(first.text);
    expect(warnings()).toEqual([]);
  });

  it('are written when a conversation is pushed out, and loaded when it comes back', async () => {
    const [first, back] = await withModel(
      async (model) => {
        const rain = await ask(model, { prompt: chat('rain') });
        await ask(model, { prompt: chat('snow') });
        return [rain, await ask(model, { prompt: chat('rain') })];
      },
      { sequences: 1 },
    );
    expect(back?.usage.cachedInputTokens).toBe((first?.usage.inputTokens ?? 0) - 1);
  });

  it('let a greedy answer go on exactly as if it had not stopped, wherever it did', { timeout: 150_000 }, async () => {
    const request = { prompt: chat('rain'), maxOutputTokens: 40 };
    const whole = await withModel((model) => ask(model, request));
    await rm(folder, { recursive: true });
    // Each process goes on where the one before was stopped, as at a restart of its worker.
    let checkpoint: Checkpoint = { text: '', tokens: [] };
    for (const cut of [1, 7, 16, 17, 33, Number.POSITIVE_INFINITY]) {
      const stop = new AbortController();
      const { usage, text } = await withModel((model) =>
        model.generate(
          { ...request, resumeFrom: checkpoint },
          {
            signal: stop.signal,
            onDelta: (delta) => {
              checkpoint = { text: checkpoint.text + delta.text, tokens: [...checkpoint.tokens, ...delta.tokens] };
              if (checkpoint.tokens.length >= cut) stop.abort();
            },
          },
        ),
      );
      expect(text).toBe(checkpoint.text);
      expect(whole.text.slice(0, text.length)).toBe(text);
      expect(usage.cachedInputTokens).toBe(cut === 1 ? 0 : usage.inputTokens);
    }
    expect(checkpoint.text).toBe(whole.text);
    expect(warnings()).toEqual([]);
  });

  it('are written after a turn where asked', async () => {
    await withModel(async (model) => {
      await ask(model, { prompt: chat('rain'), snapshot: true });
      await expect.poll(states).toHaveLength(1);
    });
  });

  it('that are damaged are a miss with one warning', async () => {
    await withModel((model) => ask(model, { prompt: chat('rain') }));
    for (const file of await states()) await truncate(file, 1000);
    const { usage, finishReason } = await withModel((model) => ask(model, { prompt: chat('rain') }));
    expect(usage.cachedInputTokens).toBe(0);
    expect(finishReason).toBe('length');
    expect(warnings()).toEqual([expect.stringContaining('damaged')]);
  });

  it('of other context parameters are a miss, not an error', async () => {
    await withModel((model) => ask(model, { prompt: chat('rain') }));
    for (const other of [{ sequences: 3 }, { contextTokens: 768 }]) {
      const { usage } = await withModel((model) => ask(model, { prompt: chat('rain') }), other);
      expect(usage.cachedInputTokens).toBe(0);
    }
    expect(warnings()).toEqual([]);
  });

  it('of another model are a miss, not an error', async () => {
    await withModel((model) => ask(model, { prompt: chat('rain') }));
    const file = join(folder, 'other.gguf');
    await copyFile(modelPath ?? '', file);
    const other = await open(file, 'r+');
    await other.write(Buffer.from([1]), 0, 1, (await stat(file)).size - 1);
    await other.close();
    const { usage } = await withModel((model) => ask(model, { prompt: chat('rain') }), { file });
    expect(usage.cachedInputTokens).toBe(0);
    expect(warnings()).toEqual([]);
  });

  it('are readable by their owner alone', async () => {
    await withModel((model) => ask(model, { prompt: chat('rain') }));
    const modes = await Promise.all((await states()).map(async (file) => (await stat(file)).mode & 0o777));
    expect(modes).toEqual([0o600]);
  });
});
