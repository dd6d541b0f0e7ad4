import type { IncomingMessage, ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startLocalServer } from '../../../test/setup/local-server.js';
import { openOpenAiCompatibleModel } from './openai-compatible-model.js';
import { closedThoughts } from './continue-answer.js';

const ANSWER = 'The sky is blue because air scatters short waves more than long ones.';
const SHOWN = 'The sky is blue because air scatters';
const PREFILL = 'Assistant response prefill is incompatible with enable_thinking.';

interface Asked {
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  readonly prompt?: string;
  readonly chat_template_kwargs?: { readonly enable_thinking?: boolean };
}

interface ServerScript {
  readonly ownedBy: string;
  /** Response of `/apply-template`; if undefined, there is no such endpoint. */
  readonly rendered?: string;
  /** Status and message with which the server refuses a request. */
  readonly refuses: (asked: Asked) => readonly [status: number, message: string] | undefined;
  /** Its answer if it starts over. Default: `ANSWER`. */
  readonly anew?: string;
  readonly ignoresAnswer?: boolean;
}

/** Continues the answer honestly if the server accepts the request. @returns the complete text, and the requests to the server */
async function goOn({ ownedBy, rendered, refuses, anew = ANSWER, ignoresAnswer = false }: ServerScript) {
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const path = request.url ?? '';
    // eslint-disable-next-line typescript/no-unsafe-type-assertion
    const body = request.method === 'POST' ? ((await readJson(request)) as Asked) : {};
    const reply = (status: number, value: object): unknown =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (path.endsWith('/models')) return reply(200, { data: [{ id: 'm', owned_by: ownedBy, max_model_len: 4096 }] });
    if (path.endsWith('/props')) return reply(200, { default_generation_settings: { n_ctx: 4096 } });
    if (path.endsWith('/tokenize')) return reply(200, { count: 10, tokens: [1, 2, 3] });
    if (path.endsWith('/apply-template'))
      return rendered === undefined ? reply(404, { error: 'not found' }) : reply(200, { prompt: rendered });
    asked.push(body);
    const refusal = refuses(body);
    if (refusal) return reply(refusal[0], { error: { message: refusal[1] } });
    const last = body.messages?.at(-1);
    const before = body.prompt ?? (last?.role === 'assistant' ? last.content : '');
    return write(
      response,
      before.endsWith(SHOWN) && !ignoresAnswer ? ANSWER.slice(SHOWN.length) : anew,
      body.prompt !== undefined,
    );
  };
  await using server = await startLocalServer((request, response) => void serve(request, response));
  await using opened = await openModel(server.url);
  const result = await opened.model
    .generate(
      {
        prompt: { type: 'chat', messages: [{ role: 'user', text: 'Why?' }] },
        maxOutputTokens: 100,
        resumeFrom: { text: SHOWN, thinking: 'Air.', tokens: [1, 2, 3, 4] },
      },
      { signal: AbortSignal.timeout(10_000), onDelta: () => undefined },
    )
    .catch((error: unknown) => error);
  return { result, asked };
}

async function openModel(url: string) {
  const model = await openOpenAiCompatibleModel({ modelId: 'openai:m', name: 'm', baseUrl: `${url}/v1` });
  return { model, [Symbol.asyncDispose]: () => model.dispose() };
}

function write(response: ServerResponse, text: string, isText: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of text.match(/\s*\S+/gu) ?? []) {
    const choice = isText ? { text: piece } : { delta: { content: piece } };
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice, finish_reason: null }] })}\n\n`);
  }
  const end = isText ? { text: '' } : { delta: {} };
  response.end(
    `data: ${JSON.stringify({ choices: [{ index: 0, ...end, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
  );
}

const hasAnswer = ({ messages }: Asked): boolean => messages?.at(-1)?.role === 'assistant';
const whole = { text: ANSWER, finishReason: 'stop' };

it('goes on by raw text where llama.cpp refuses an answer at the end of messages for its thinking', async () => {
  const { result, asked } = await goOn({
    ownedBy: 'llamacpp',
    rendered: '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n<think>\n',
    refuses: (body) => (hasAnswer(body) ? [400, PREFILL] : undefined),
  });
  expect(result).toMatchObject(whole);
  // The thoughts are closed, so that the continuation is part of the answer and not a thought.
  expect(asked.at(-1)?.prompt).toBe(
    `<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n<think>\nAir.\n</think>\n\n${SHOWN}`,
  );
});

it.each([
  ['vllm', 400, PREFILL],
  ['vllm', 422, 'continue_final_message is set but the final message does not appear in the chat'],
  ['llamacpp', 500, 'Jinja Exception: Conversation roles must alternate'],
])('goes on with thinking off where that is what %s refuses by %i', async (ownedBy, status, message) => {
  const { result, asked } = await goOn({
    ownedBy,
    rendered: 'Why?',
    refuses: (body) =>
      body.prompt !== undefined || (hasAnswer(body) && body.chat_template_kwargs?.enable_thinking !== false)
        ? [status, message]
        : undefined,
  });
  expect(result).toMatchObject(whole);
  expect(asked.at(-1)).toMatchObject({ chat_template_kwargs: { enable_thinking: false } });
});

it.each(['vllm', 'llamacpp', 'someone'])(
  'has it written again where %s takes no answer at the end at all',
  async (ownedBy) => {
    const { result } = await goOn({
      ownedBy,
      rendered: 'Why?',
      refuses: (body) => (hasAnswer(body) || body.prompt !== undefined ? [400, PREFILL] : undefined),
    });
    expect(result).toMatchObject(whole);
  },
);

it.each(['vllm', 'llamacpp', 'someone'])('fails with the first refusal of %s when no way is left', async (ownedBy) => {
  const { result } = await goOn({
    ownedBy,
    rendered: 'Why?',
    anew: 'It comes out differently.',
    refuses: (body) => (hasAnswer(body) || body.prompt !== undefined ? [400, PREFILL] : undefined),
  });
  expect(result).toMatchObject({ type: 'Model.Unsupported', message: expect.stringContaining(PREFILL) as string });
});

it('passes over what was shown where a gateway drops the last message and begins anew', async () => {
  const { result } = await goOn({ ownedBy: 'vllm', refuses: () => undefined, ignoresAnswer: true });
  expect(result).toMatchObject(whole);
});

it.each([503, 429])('does not take %i for a refusal: the next attempt asks again', async (status) => {
  const { result, asked } = await goOn({ ownedBy: 'vllm', refuses: () => [status, 'busy'] });
  expect(result).toMatchObject({ type: 'Model.Unavailable' });
  expect(asked).toHaveLength(1);
});

it('closes thoughts by the mark that begins them', () => {
  expect(closedThoughts('…assistant\n<think>\n')).toBe('\n</think>\n\n');
  expect(closedThoughts('…<seed:think>', 'so')).toBe('so\n</seed:think>\n\n');
  expect(closedThoughts('…[THINK]')).toBe('\n[/THINK]\n\n');
  expect(closedThoughts('…<think>\n\n</think>\n\n')).toBe('');
  expect(closedThoughts('…assistant\n')).toBe('');
});
