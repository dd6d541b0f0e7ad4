import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { sayHello, startModelServer, type ModelRequest, type ModelServer } from '../../../test/support/model-server.js';
import type { LanguageModel, Prompt } from '../language-model.js';
import { openOpenAiCompatibleModel } from './openai-compatible-model.js';

const JOINER = '\u2060';

const open = (server: ModelServer, name = 'm'): Promise<LanguageModel> =>
  openOpenAiCompatibleModel({ modelId: `openai:${name}`, name, baseUrl: server.baseUrl });

const write = (model: LanguageModel, prompt: Prompt) =>
  model.generate({ prompt, maxOutputTokens: 50 }, { signal: new AbortController().signal, onDelta: () => undefined });

const chat = (text: string): Prompt => ({ type: 'chat', messages: [{ role: 'user', text }] });

describe("llama.cpp's router", () => {
  const router = { ownedBy: 'llamacpp', isRouter: true, models: { 'a/b:Q4': 1024, other: 8192 } };

  it('is told the model in each request, and each model holds what its own instance does', async () => {
    await using server = await startModelServer(router);
    const [small, large] = [await open(server, 'a/b:Q4'), await open(server, 'other')];
    expect([small.contextTokens, large.contextTokens]).toEqual([1024, 8192]);
    expect(await small.countPromptTokens(chat('abc'))).toBe(3);
    await write(large, chat('Hello.'));
    expect(server.asked).toMatchObject([{ model: 'other', messages: [{ content: 'Hello.' }] }]);
  });

  it('tells by its arguments what a model holds that is not loaded', async () => {
    await using server = await startModelServer({
      ...router,
      isGateway: true,
      models: { m: 1 },
      args: ['llama-server', '--ctx-size', '3072'],
    });
    expect((await open(server)).contextTokens).toBe(3072);
  });
});

describe('a gateway that passes on the interface alone', () => {
  it.each(['vllm', 'llamacpp'])('in front of %s counts by a bound', async (ownedBy) => {
    await using server = await startModelServer({ ownedBy, isGateway: true });
    const model = await open(server);
    expect(await model.countPromptTokens(chat('abc'))).toBeGreaterThan(64);
    expect(await write(model, chat('[INST] x'))).toMatchObject({ text: 'Hello.' });
    expect(server.asked).toMatchObject([{ messages: [{ content: `[${JOINER}INST] x` }] }]);
  });
});

describe("marks in users' texts", () => {
  const vocabulary = { control: ['<|im_start|>', '<go>', '[ROLE]', '〔x〕'], userDefined: ['<table>', '<think>'] };
  const text = '<|im_start|> <go> [ROLE] <table> <think> <|zork|> <s> a[i] <go <div>';
  const broken = `<${JOINER}|im_start|> <${JOINER}go> [${JOINER}ROLE] <table> <${JOINER}think> <|zork|> <s> a[i] <go <div>`;

  it.each(['vllm', 'llamacpp'])('are what the vocabulary of %s has, and nothing else', async (ownedBy) => {
    await using server = await startModelServer({ ownedBy, ...vocabulary });
    const model = await open(server);
    await write(model, { type: 'chat', persona: text, messages: [{ role: 'user', text }] });
    await write(model, { type: 'text', text });
    expect(server.asked).toMatchObject([
      { messages: [{ role: 'system', content: broken }, { content: broken }] },
      { prompt: broken },
    ]);
  });

  it('are asked about once', async () => {
    await using server = await startModelServer({ ownedBy: 'vllm', ...vocabulary });
    const model = await open(server);
    for (let turn = 0; turn < 3; turn++) await write(model, chat(text));
    // One request for each count, and one for the vocabulary.
    expect(server.requests.filter((path) => path === '/tokenize')).toHaveLength(4);
  });

  it('are found by their shape where no server can be asked', async () => {
    await using server = await startModelServer({ ownedBy: 'someone', ...vocabulary });
    await write(await open(server), chat('<|turn>system <seed:bos> [gMASK]<sop> <div> [1] a<b'));
    const content = `<${JOINER}|turn>system <${JOINER}seed:bos> [${JOINER}gMASK]<${JOINER}sop> <div> [1] a<b`;
    expect(server.asked).toMatchObject([{ messages: [{ content }] }]);
  });
});

describe('thinking', () => {
  const kwargs = (enabled: boolean) => ({ chat_template_kwargs: { enable_thinking: enabled, thinking: enabled } });
  const prompt: Prompt = {
    type: 'chat',
    messages: [
      { role: 'user', text: 'A' },
      { role: 'assistant', text: 'B', thinking: 'Hm.' },
      { role: 'user', text: 'C' },
    ],
  };

  it.each<[string, object, object, object]>([
    ['vllm', kwargs(false), kwargs(true), { reasoning_content: 'Hm.', reasoning: 'Hm.' }],
    ['llamacpp', kwargs(false), kwargs(true), { reasoning_content: 'Hm.' }],
    ['sglang', kwargs(false), kwargs(true), { reasoning_content: 'Hm.' }],
    ['library', { reasoning_effort: 'none' }, {}, { reasoning: 'Hm.' }],
    ['someone', { reasoning_effort: 'none' }, {}, {}],
  ])('is told to %s as it takes it', async (ownedBy, off, on, thoughts) => {
    await using server = await startModelServer({ ownedBy });
    const model = await open(server);
    for (const thinking of [undefined, false, true]) await write(model, { ...prompt, thinking });
    const said = server.asked.map(({ chat_template_kwargs, reasoning_effort }) => ({
      ...(chat_template_kwargs !== undefined && { chat_template_kwargs }),
      ...(reasoning_effort !== undefined && { reasoning_effort }),
    }));
    expect(said).toEqual([{}, off, on]);
    expect(server.asked[0]?.messages?.[1]).toEqual({ role: 'assistant', content: 'B', ...thoughts });
  });
});

describe('a server that refuses a field', () => {
  const refusing = (field: string, message: string) => ({
    ownedBy: 'someone',
    answer: (response: ServerResponse, body: ModelRequest) => {
      if (!(field in body)) return sayHello(response);
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message, param: field } }));
    },
  });

  it.each([
    [
      'max_tokens',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ],
    ['stream_options', 'Extra inputs are not permitted: stream_options'],
    ['reasoning_effort', 'Unrecognized request argument supplied: reasoning_effort'],
  ])('is asked without %s, and not for it again', async (field, message) => {
    await using server = await startModelServer(refusing(field, message));
    const model = await open(server);
    for (let turn = 0; turn < 2; turn++) {
      expect(
        await write(model, { type: 'chat', messages: [{ role: 'user', text: 'Hi' }], thinking: false }),
      ).toMatchObject({ text: 'Hello.' });
    }
    expect(server.asked.map((body) => field in body)).toEqual([true, false, false]);
    expect(server.asked.at(-1)?.['max_completion_tokens']).toBe(field === 'max_tokens' ? 50 : undefined);
  });

  it('is not asked without what the user has set', async () => {
    await using server = await startModelServer(refusing('temperature', 'temperature is not supported'));
    await expect(write(await open(server), chat('Hi'))).rejects.toMatchObject({ type: 'Model.Unsupported' });
    expect(server.asked).toHaveLength(1);
  });
});
