import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Checkpoint,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  TextDelta,
} from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { writeScriptedGguf, type ScriptedGguf } from '../support/scripted-gguf.js';
import { enginesOf } from './support/engines-of.js';

const ROLES =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}';
/** As Qwen's: it closes thoughts that are not wanted, and leaves those of earlier turns out. */
const TEMPLATE =
  ROLES + '{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}';
/** As DeepSeek R1's. */
const OPENING = `${ROLES.replace('{{ m.content }}', "{{ m.content.split('</think>')[-1] }}")}<think>`;

const THOUGHTS = Array.from({ length: 150 }, (_, index) => ` thought${index}`);
const ANSWER = Array.from({ length: 30 }, (_, index) => ` word${index}`);
const THOUGHT = THOUGHTS.join('').trim();
const TEXT = ANSWER.join('').trim();
const SPECIALS = ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>'];

const LLAMA = { specials: SPECIALS, endToken: '<|end|>', after: '<|assistant|>' };
const MODELS: Readonly<Record<string, ScriptedGguf>> = {
  'marks that are special tokens': {
    ...LLAMA,
    template: TEMPLATE,
    specials: [...SPECIALS, '<think>', '</think>'],
    script: ['<think>', ...THOUGHTS, '</think>', ...ANSWER],
  },
  'marks in pieces of text': {
    ...LLAMA,
    template: TEMPLATE,
    script: ['<th', 'ink>\n', ...THOUGHTS, '\n</', 'think', '>\n\n', ...ANSWER],
  },
  'a template that opens thoughts': {
    ...LLAMA,
    template: OPENING,
    specials: [...SPECIALS, '<think>', '</think>'],
    after: '<think>',
    script: [...THOUGHTS, '</think>', ...ANSWER],
  },
};

const PROMPT = { type: 'chat', messages: [{ role: 'user', text: 'Why?' }] } as const;
const never = new AbortController().signal;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colloquy-thinking-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What readers were shown, and the checkpoint that the deltas come to. */
function reader() {
  const shown = { thinking: '', text: '' };
  const tokens: number[] = [];
  return {
    shown,
    checkpoint: (): Checkpoint => ({ ...shown, tokens: [...tokens] }),
    onDelta: ({ part, offset, text, tokens: fresh }: TextDelta): void => {
      const name = part ?? 'text';
      expect(offset).toBe(shown[name].length);
      shown[name] += text;
      tokens.push(...fresh);
    },
  };
}

describe.each(Object.entries(MODELS))('a model with %s', (name, gguf) => {
  let model: LanguageModel;
  let whole: GenerateResult;
  const request: GenerateRequest = { prompt: PROMPT, maxOutputTokens: 1_000 };

  beforeAll(async () => {
    const modelPath = join(folder, `${name.replaceAll(' ', '-')}.gguf`);
    await writeScriptedGguf(modelPath, { ...gguf, idleWeights: 20e6 });
    model = await openNodeLlamaCppModel({ modelId: 'thinker', modelPath, contextTokens: 1024, engines: 1 });
    whole = await model.generate(request, { signal: never, onDelta: () => undefined });
  });
  afterAll(() => model.dispose());

  it('has its thoughts apart', async () => {
    const { shown, onDelta } = reader();
    const result = await model.generate(request, { signal: never, onDelta });
    expect(result).toMatchObject({ thinking: THOUGHT, text: TEXT, finishReason: 'stop' });
    expect(shown).toEqual({ thinking: THOUGHT, text: TEXT });
    expect(result.usage.outputTokens).toBe(gguf.script.length);
    expect(result.usage.thinkingTokens).toBeGreaterThanOrEqual(THOUGHTS.length);
  });

  /** Kills the engine once readers were shown so much. */
  async function killedAt(part: 'thinking' | 'text', length: number) {
    // The kill of an engine that was quicker than the signal kills nothing.
    for (let attempt = 1; attempt <= 5; attempt++) {
      const { shown, onDelta, checkpoint } = reader();
      const broken = model.generate(request, {
        signal: never,
        onDelta: (delta) => {
          if (shown[part].length >= length) return;
          onDelta(delta);
          if (shown[part].length >= length) for (const pid of enginesOf(process.pid)) process.kill(pid, 'SIGKILL');
        },
      });
      const error = await broken.then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (error === undefined) continue;
      expect(error).toMatchObject({ type: 'Model.Crashed' });
      // The kill of the attempt before may come late, and end this one.
      if (shown[part].length < length) continue;
      return { shown, onDelta, checkpoint };
    }
    throw new Error('The engine was never killed in time.');
  }

  it.each([
    ['thinking', 1],
    ['thinking', 800],
    ['text', 1],
    ['text', 60],
  ] as const)('is killed in the middle of its %s, at %i, and goes on', async (part, length) => {
    const { shown, onDelta, checkpoint } = await killedAt(part, length);
    expect(shown.text === '').toBe(part === 'thinking');
    const result = await model.generate({ ...request, resumeFrom: checkpoint() }, { signal: never, onDelta });
    expect(result).toMatchObject({ thinking: THOUGHT, text: TEXT, finishReason: 'stop' });
    expect(shown).toEqual({ thinking: THOUGHT, text: TEXT });
    expect(result.usage).toMatchObject({
      outputTokens: whole.usage.outputTokens,
      thinkingTokens: whole.usage.thinkingTokens,
    });
  });

  it('goes on with thoughts of which readers saw more than its tokens tell', async () => {
    const { shown, onDelta } = reader();
    const stop = new AbortController();
    let last: Checkpoint | undefined;
    const first = reader();
    await model.generate(request, {
      signal: stop.signal,
      onDelta: (delta) => {
        first.onDelta(delta);
        if (first.shown.thinking.length > 300) last ??= first.checkpoint();
        if (last) stop.abort();
      },
    });
    const { thinking = '', tokens = [] } = last ?? {};
    shown.thinking = thinking;
    const resumeFrom = { text: '', thinking, tokens: tokens.slice(0, -3) };
    const result = await model.generate({ ...request, resumeFrom }, { signal: never, onDelta });
    expect(result.thinking?.startsWith(thinking)).toBe(true);
    expect(result.thinking).toBe(shown.thinking);
    expect(result.text).toBe(shown.text);
  });

  it.each([0, 10])('closes its thoughts after %i tokens, and answers', async (maxThinkingTokens) => {
    const limited = { ...request, maxThinkingTokens };
    const { shown, onDelta } = reader();
    const result = await model.generate(limited, { signal: never, onDelta });
    expect(result.thinking ?? '').toBe(shown.thinking);
    expect(THOUGHT.startsWith(shown.thinking)).toBe(true);
    // A mark in pieces of text takes three tokens.
    expect(result.usage.thinkingTokens).toBeLessThanOrEqual(maxThinkingTokens + 3);
    expect(result.text).toBe(TEXT);
    for (const pieces of [1, 5]) {
      const again = reader();
      const stop = new AbortController();
      let seen = 0;
      await model.generate(limited, {
        signal: stop.signal,
        onDelta: (delta) => {
          again.onDelta(delta);
          if (++seen === pieces) stop.abort();
        },
      });
      const resumed = await model.generate(
        { ...limited, resumeFrom: again.checkpoint() },
        { signal: never, onDelta: again.onDelta },
      );
      expect(resumed).toMatchObject({ text: result.text, finishReason: result.finishReason });
      expect(resumed.thinking).toBe(result.thinking);
    }
  });

  it('has stop strings in its answer alone', async () => {
    const stop = ['thought9', 'word7'];
    const result = await model.generate({ ...request, stop }, { signal: never, onDelta: () => undefined });
    expect(result).toMatchObject({ thinking: THOUGHT, finishReason: 'stop' });
    expect(result.text).toBe(TEXT.slice(0, TEXT.indexOf('word7')));
  });

  it('keeps thoughts that are not closed', async () => {
    const result = await model.generate(
      { ...request, maxOutputTokens: 50 },
      { signal: never, onDelta: () => undefined },
    );
    expect(result).toMatchObject({ text: '', finishReason: 'length' });
    expect(THOUGHT.startsWith(result.thinking ?? '-')).toBe(true);
  });

  it('writes JSON without thoughts before it', async () => {
    const jsonSchema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] } as const;
    const result = await model.generate({ ...request, jsonSchema }, { signal: never, onDelta: () => undefined });
    expect(result.thinking).toBeUndefined();
    expect(JSON.parse(result.text)).toEqual({ ok: expect.any(Boolean) });
  });
});
