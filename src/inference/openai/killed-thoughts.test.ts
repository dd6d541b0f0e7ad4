import { expect, it } from 'vitest';
import { startModelServer } from '../../../test/support/model-server.js';
import { ANSWER, THOUGHTS, thinkingServer, type ThinkingServerOptions } from '../../../test/support/thinking-server.js';
import type { Checkpoint, GenerateRequest, TextDelta } from '../language-model.js';
import { openOpenAiCompatibleModel } from './openai-compatible-model.js';

const THOUGHT = THOUGHTS.join('');
const TEXT = ANSWER.join('');

/** Repeats attempts until one ends, each continuing from the text that readers had seen; returns the text as readers assemble it. */
async function write(options: ThinkingServerOptions, request: Partial<GenerateRequest> = {}) {
  await using server = await startModelServer(thinkingServer(options));
  const model = await openOpenAiCompatibleModel({ modelId: 'openai:m', name: 'm', baseUrl: server.baseUrl });
  const shown = { thinking: '', text: '' };
  const tokens: number[] = [];
  const onDelta = ({ part, offset, text, tokens: fresh }: TextDelta): void => {
    const name = part ?? 'text';
    expect(offset).toBe(shown[name].length);
    shown[name] += text;
    tokens.push(...fresh);
  };
  for (let attempt = 1; attempt < 4; attempt++) {
    const resumeFrom: Checkpoint | undefined = attempt === 1 ? undefined : { ...shown, tokens: [...tokens] };
    const outcome = await model
      .generate(
        {
          prompt: { type: 'chat', messages: [{ role: 'user', text: 'Why is the sky blue?' }] },
          maxOutputTokens: 100,
          resumeFrom,
          ...request,
        },
        { signal: new AbortController().signal, onDelta },
      )
      .catch((error: unknown) => error);
    if (!(outcome instanceof Error)) return { result: outcome, shown, attempts: attempt, asked: server.asked };
    expect(outcome).toMatchObject({ type: 'Model.Crashed' });
  }
  throw new Error('It never ended.');
}

const KINDS: readonly (readonly [string, ThinkingServerOptions])[] = [
  ['vLLM', { ownedBy: 'vllm' }],
  ["llama.cpp's new server", { ownedBy: 'llamacpp', isNew: true }],
  ["llama.cpp's older server", { ownedBy: 'llamacpp' }],
  ['SGLang', { ownedBy: 'sglang' }],
  ['Ollama', { ownedBy: 'library' }],
  ['an unknown server', { ownedBy: 'someone' }],
];

it.each(KINDS)('%s tells thoughts apart', async (_name, options) => {
  const { result, shown } = await write(options);
  expect(result).toMatchObject({ thinking: THOUGHT, text: TEXT, finishReason: 'stop', usage: { thinkingTokens: 8 } });
  expect(shown).toEqual({ thinking: THOUGHT, text: TEXT });
});

it.each(KINDS)('%s, killed in the middle of a thought, goes on with it', async (_name, options) => {
  for (const diesAfter of [1, 3, 7]) {
    const { result, shown, attempts } = await write({ ...options, diesAfter });
    expect(attempts).toBe(2);
    expect(result).toMatchObject({ thinking: THOUGHT, text: TEXT, finishReason: 'stop' });
    expect(shown).toEqual({ thinking: THOUGHT, text: TEXT });
  }
});

it("goes on with thoughts where llama.cpp's server can", async () => {
  const { asked } = await write({ ownedBy: 'llamacpp', isNew: true, diesAfter: 3 });
  expect(asked[1]?.messages?.at(-1)).toEqual({ role: 'assistant', content: '', reasoning_content: 'The user asks ' });
});

it('never takes a thought back: others follow it', async () => {
  const { result, shown } = await write({
    ownedBy: 'someone',
    diesAfter: 3,
    secondThoughts: ['The user ', 'wants to know. '],
  });
  expect(shown.thinking).toBe('The user asks \n\nThe user wants to know. ');
  expect(result).toMatchObject({ thinking: shown.thinking, text: TEXT });
});

it.each(KINDS)('%s stops thinking at the limit, and answers', async (_name, options) => {
  const { result, shown } = await write(options, { maxThinkingTokens: 0 });
  const isObeyed = ['vllm', 'llamacpp'].includes(options.ownedBy);
  // A server that obeys the limit itself is given room to close its thoughts in words.
  expect(shown.thinking).toBe(isObeyed ? THOUGHT : '');
  expect(result).toMatchObject({ text: TEXT, finishReason: 'stop' });
});
