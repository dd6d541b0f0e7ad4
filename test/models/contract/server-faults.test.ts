import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LanguageModel, TextDelta } from '../../../src/inference/language-model.js';
import { ModelError } from '../../../src/inference/model-error.js';
import { openOllamaModel } from '../../../src/inference/ollama/ollama-model.js';
import { openOpenAiCompatibleModel } from '../../../src/inference/openai/openai-compatible-model.js';
import { startLocalServer, type LocalServer } from '../../setup/local-server.js';

/** What the server does once it is asked for an answer. */
type Behaviour = (response: ServerResponse, dialect: Dialect, request: IncomingMessage) => void;

/** One of the two interfaces, as a badly behaving server speaks it. */
interface Dialect {
  readonly name: string;
  readonly contentType: string;
  readonly piece: (text: string) => string;
  readonly end: string;
  readonly malformed: string;
  readonly open: (url: string, limits: object) => Promise<LanguageModel>;
  /** Answers what is asked when the model is opened. */
  readonly introduce: (response: ServerResponse) => void;
}

const DIALECTS: readonly Dialect[] = [
  {
    name: 'Ollama',
    contentType: 'application/x-ndjson',
    piece: (text) => `${JSON.stringify({ model: 'm', response: text, done: false })}\n`,
    end: `${JSON.stringify({ model: 'm', response: '', done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2 })}\n`,
    malformed: '{"model":"m","response":"c\n',
    open: (url, limits) => openOllamaModel({ modelId: 'ollama:m', name: 'm', host: url, limits }),
    introduce: (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(shownModel())),
  },
  {
    name: "OpenAI's interface",
    contentType: 'text/event-stream',
    piece: (text) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`,
    end: `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
    malformed: 'data: {"choices":[{\n\n',
    open: (url, limits) =>
      openOpenAiCompatibleModel({
        modelId: 'openai:m',
        name: 'm',
        baseUrl: `${url}/v1`,
        apiKey: 'sk-secret-1234',
        limits,
      }),
    introduce: (response) =>
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ data: [{ id: 'm', owned_by: 'someone' }] })),
  },
];

/** As `/api/show` tells it: a vocabulary of single bytes, as in GPT-2. */
function shownModel(): object {
  // source: https://github.com/openai/gpt-2/blob/9b63575ef42771a015060c964af2c3da4cf7c8ab/src/encoder.py#L9, bytes_to_unicode
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173 && byte <= 255);
  let others = 256;
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : others++));
  const tokens = [...bytes, 'ab', '<|end|>'];
  return {
    template: '{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}assistant:',
    model_info: {
      'general.architecture': 'llama',
      'llama.context_length': 4096,
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'smollm',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': tokens.map((_, index) => (index === tokens.length - 1 ? 3 : 1)),
      'tokenizer.ggml.merges': ['a b'],
      'tokenizer.ggml.bos_token_id': tokens.length - 1,
      'tokenizer.ggml.eos_token_id': tokens.length - 1,
    },
  };
}

const PIECES = ['a', 'b'];
const REQUEST = {
  prompt: { type: 'chat', messages: [{ role: 'user', text: 'Hello.' }] },
  maxOutputTokens: 20,
} as const;

describe.each(DIALECTS)('a server that speaks $name and', { timeout: 30_000 }, (dialect) => {
  async function against(
    behave: Behaviour,
    use: (model: LanguageModel, server: LocalServer) => Promise<void>,
    limits: object = {},
  ): Promise<void> {
    await using server = await startLocalServer((request, response) => {
      if (/show|models/u.test(request.url ?? '')) return dialect.introduce(response);
      request.resume();
      behave(response, dialect, request);
    });
    const model = await dialect.open(server.url, limits);
    try {
      await use(model, server);
    } finally {
      await model.dispose();
    }
  }

  /** Writes these texts as pieces of an answer, and leaves it open. */
  const begin = (response: ServerResponse, pieces: readonly string[] = PIECES): void => {
    response.writeHead(200, { 'content-type': dialect.contentType });
    for (const piece of pieces) response.write(dialect.piece(piece));
  };

  async function ask(model: LanguageModel, options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
    const deltas: TextDelta[] = [];
    const { signal = new AbortController().signal, timeoutMs } = options;
    const outcome = await model
      .generate({ ...REQUEST, timeoutMs }, { signal, onDelta: (delta) => deltas.push(delta) })
      .catch((error: unknown) => error);
    return { outcome, shown: deltas.map(({ text }) => text).join('') };
  }

  it('behaves is believed', () =>
    against(
      (response) => {
        begin(response);
        response.end(dialect.end);
      },
      async (model) => {
        const { outcome, shown } = await ask(model);
        expect(outcome).toMatchObject({ text: 'ab', finishReason: 'stop', usage: { outputTokens: 2 } });
        expect(shown).toBe('ab');
      },
    ));

  it.each([
    [500, {}, 'Model.Crashed', undefined, /failed \(500: it is on fire\)/u],
    [401, {}, 'Model.Unsupported', undefined, /refuses access \(401/u],
    [403, {}, 'Model.Unsupported', undefined, /refuses access \(403/u],
    [404, {}, 'Model.NotFound', undefined, /has no model "(?:ollama|openai):m".*(?:ollama pull m|openai:NAME)/u],
    [429, { 'retry-after': '7' }, 'Model.Unavailable', 7000, /busy or starting \(429/u],
    [503, { 'retry-after': '1' }, 'Model.Unavailable', 1000, /busy or starting \(503/u],
    [503, {}, 'Model.Unavailable', 2000, /busy or starting/u],
  ] as const)('answers %i %o is %s', (status, headers, type, retryAfterMs, message) =>
    against(
      (response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(
          JSON.stringify({ error: dialect.name === 'Ollama' ? 'it is on fire' : { message: 'it is on fire' } }),
        );
      },
      async (model, server) => {
        const { outcome } = await ask(model);
        expect(outcome).toMatchObject({ type, message: expect.stringMatching(message) as string });
        expect(outcome instanceof ModelError && outcome.options.retryAfterMs).toBe(retryAfterMs);
        expect(String(outcome)).not.toContain('sk-secret');
        // Retries live in one layer, and it is not this one.
        expect(server.requests.filter((path) => !/show|models/u.test(path))).toHaveLength(1);
      },
    ),
  );

  it('says that the prompt is too long is told from other refusals', () =>
    against(
      (response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        const message = "This model's maximum context length is 64 tokens. However, your request has 99 input tokens.";
        response.end(JSON.stringify({ error: { message } }));
      },
      async (model) => {
        expect((await ask(model)).outcome).toMatchObject({
          type: 'Model.ContextOverflow',
          options: { details: { promptTokens: 99, contextTokens: 64 } },
        });
      },
    ));

  it('answers in another language than JSON is quoted in one line', () =>
    against(
      (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>\n<h1>Bad gateway</h1>\n'),
      async (model) => {
        const { outcome } = await ask(model);
        expect(outcome).toMatchObject({ type: 'Model.Unavailable' });
        expect(String(outcome)).toMatch(/502: <html> <h1>Bad gateway/u);
        expect(String(outcome)).not.toContain('\n');
      },
    ));

  it('breaks the connection in the middle has crashed; what was shown stays', () =>
    against(
      (response) => {
        begin(response);
        setTimeout(() => response.destroy(), 50);
      },
      async (model) => {
        const { outcome, shown } = await ask(model);
        expect(outcome).toMatchObject({ type: 'Model.Crashed', message: expect.stringContaining('broke') as string });
        expect(shown).toBe('ab');
      },
    ));

  it('ends in the middle without saying so has crashed', () =>
    against(
      (response) => {
        begin(response);
        response.end();
      },
      async (model) => {
        expect((await ask(model)).outcome).toMatchObject({ type: 'Model.Crashed' });
      },
    ));

  it('writes what is no JSON has crashed', () =>
    against(
      (response) => {
        begin(response);
        response.end(dialect.malformed + dialect.end);
      },
      async (model) => {
        const { outcome, shown } = await ask(model);
        expect(outcome).toMatchObject({
          type: 'Model.Crashed',
          message: expect.stringContaining('malformed') as string,
        });
        expect(shown).toBe('ab');
      },
    ));

  it('reports an error in the middle of its answer has crashed', () =>
    against(
      (response) => {
        begin(response);
        const error =
          dialect.name === 'Ollama'
            ? '{"error":"an engine died"}\n'
            : 'data: {"error":{"message":"an engine died"}}\n\n';
        response.end(error);
      },
      async (model) => {
        expect((await ask(model)).outcome).toMatchObject({
          type: 'Model.Crashed',
          message: expect.stringContaining('an engine died') as string,
        });
      },
    ));

  it('resets the connection at once is unavailable', () =>
    against(
      (response) => response.socket?.resetAndDestroy(),
      async (model) => {
        expect((await ask(model)).outcome).toMatchObject({
          type: 'Model.Unavailable',
          options: { retryAfterMs: 2000 },
        });
      },
    ));

  it('does not begin in time is unavailable', () =>
    against(
      () => undefined,
      async (model) => {
        expect((await ask(model)).outcome).toMatchObject({
          type: 'Model.Unavailable',
          message: expect.stringContaining('no answer within 0.2 s') as string,
        });
      },
      { firstByteMs: 200 },
    ));

  it('stops in the middle has crashed', () =>
    against(
      (response) => begin(response),
      async (model) => {
        const { outcome, shown } = await ask(model);
        expect(outcome).toMatchObject({
          type: 'Model.Crashed',
          message: expect.stringContaining('nothing came') as string,
        });
        expect(shown).toBe('ab');
      },
      { idleMs: 200 },
    ));

  it('is slow to begin ends at the deadline', () =>
    against(
      () => undefined,
      async (model) => {
        const { outcome } = await ask(model, { timeoutMs: 150 });
        expect(outcome).toMatchObject({ finishReason: 'deadline', text: '' });
      },
    ));

  it.each([
    ['before it begins', []],
    ['in the middle', PIECES],
  ])('is cancelled %s finds its connection closed', async (_when, pieces) => {
    const closed: number[] = [];
    await against(
      (response) => {
        if (pieces.length > 0) begin(response, pieces);
        response.on('close', () => closed.push(performance.now()));
      },
      async (model) => {
        const controller = new AbortController();
        const asked = ask(model, { signal: controller.signal });
        await sleep(150);
        const abortedAt = performance.now();
        controller.abort();
        const { outcome } = await asked;
        expect(outcome).toMatchObject({ finishReason: 'cancelled', text: pieces.join('') });
        await expect.poll(() => closed[0]).toBeLessThan(abortedAt + 500);
      },
    );
  });

  it('writes on after a stop string finds its connection closed', async () => {
    let isClosed = false;
    await against(
      (response) => {
        begin(response, ['one ', 'two', '<st', 'op> ', 'three']);
        response.on('close', () => (isClosed = true));
      },
      async (model) => {
        const result = await model.generate(
          { ...REQUEST, stop: ['<stop>'] },
          { signal: new AbortController().signal, onDelta: () => undefined },
        );
        expect(result).toMatchObject({ text: 'one two', finishReason: 'stop' });
        await expect.poll(() => isClosed).toBe(true);
      },
    );
  });

  it('is not there is unavailable, and the message says what to start', async () => {
    const { url } = await startLocalServer(() => undefined).then(async (server) => {
      await server[Symbol.asyncDispose]();
      return server;
    });
    await expect(dialect.open(url, {})).rejects.toMatchObject({
      type: 'Model.Unavailable',
      message: expect.stringMatching(/ECONNREFUSED.*(?:ollama serve|COLLOQUY_OPENAI_BASE_URL)/u) as string,
    });
  });
});

describe('a server that cannot go on with an answer', { timeout: 30_000 }, () => {
  const [, dialect] = DIALECTS;

  async function resumed(...answers: readonly (readonly string[])[]) {
    let asked = 0;
    await using server = await startLocalServer((request, response) => {
      if (request.url?.endsWith('/models')) return dialect?.introduce(response);
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of answers[asked++] ?? []) response.write(dialect?.piece(piece) ?? '');
      response.end(dialect?.end);
    });
    const model = await openOpenAiCompatibleModel({ modelId: 'openai:m', name: 'm', baseUrl: `${server.url}/v1` });
    const deltas: TextDelta[] = [];
    const resumeFrom = { text: 'The sky is', tokens: [1, 2, 3] };
    const { text } = await model.generate(
      { ...REQUEST, resumeFrom },
      { signal: new AbortController().signal, onDelta: (delta) => deltas.push(delta) },
    );
    await model.dispose();
    return { text, deltas: deltas.map((delta) => [delta.offset, delta.text]), asked };
  }

  it('writes it again, and what is the same is not shown twice', async () => {
    expect(await resumed(['The sky', ' is blue', '.'])).toEqual({
      text: 'The sky is blue.',
      deltas: [
        [10, ' blue'],
        [15, '.'],
      ],
      asked: 1,
    });
  });

  it('is asked for the rest when it writes something else', async () => {
    expect(await resumed(['The', ' air is clear.'], [' blue', '.'])).toEqual({
      text: 'The sky is blue.',
      deltas: [
        [10, ' blue'],
        [15, '.'],
      ],
      asked: 2,
    });
  });

  it('adds nothing when it ends earlier', async () => {
    expect(await resumed(['The sky'])).toMatchObject({ text: 'The sky is', deltas: [], asked: 1 });
  });
});
