import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** How a server answers one request, and what comes of it. */
export interface OpenAiAnswer {
  readonly name: string;
  readonly write: (response: ServerResponse) => Promise<void> | void;
  /** Of the result, or of the failure. `shown` is all text that readers saw, thoughts apart. */
  readonly expected: {
    readonly text?: string;
    readonly thinking?: string;
    readonly finishReason?: string;
    readonly outputTokens?: number;
    readonly type?: string;
    readonly message?: RegExp;
    readonly retryable?: boolean;
    readonly shown?: string;
  };
}

export const chunk = (delta: unknown, rest: object = {}): object => ({
  id: 'x',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: null, ...rest }],
});
const piece = (text: string): object => chunk({ content: text });
const ended = (reason: unknown): object => chunk({}, { finish_reason: reason });
const usage = (tokens: number): object => ({ prompt_tokens: 5, completion_tokens: tokens });
export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const DONE = 'data: [DONE]\n\n';
const HELLO = event(piece('Hello')) + event(piece(' world.'));
const GOOD = HELLO + event(ended('stop')) + DONE;
const WHOLE = { text: 'Hello world.', finishReason: 'stop' };
const BROKEN = { type: 'Model.Crashed', retryable: true, shown: 'Hello world.' };

function answer(
  name: string,
  frames: string | Buffer | readonly (string | Buffer)[],
  expected: OpenAiAnswer['expected'],
  headers: Readonly<Record<string, string>> = {},
): OpenAiAnswer {
  return {
    name,
    expected,
    async write(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
      for (const frame of typeof frames === 'string' || Buffer.isBuffer(frames) ? [frames] : frames) {
        response.write(frame);
        await sleep(frame.length === 1 ? 0 : 2);
      }
      response.end();
    },
  };
}

const json = { 'content-type': 'application/json' };
const ofReason = (reason: unknown, expected: OpenAiAnswer['expected']): OpenAiAnswer =>
  answer(`that ends as ${JSON.stringify(reason)}`, HELLO + event(ended(reason)) + DONE, expected);

const ENDS: readonly OpenAiAnswer[] = [
  ...['stop', 'eos_token', 'stop_sequence', 'end_turn', 'eos', 'STOP', 'stop_token', 'COMPLETE', 'tool_calls'].map(
    (reason) => ofReason(reason, WHOLE),
  ),
  ofReason('who knows', WHOLE),
  ...['length', 'max_tokens', 'model_length', 'MAX_TOKENS', 'model_context_window_exceeded', 'token_limit'].map(
    (reason) => ofReason(reason, { ...WHOLE, finishReason: 'length' }),
  ),
  ...['content_filter', 'SAFETY', 'sensitive', 'content-filter', 'refusal', 'RECITATION'].map((reason) =>
    ofReason(reason, { ...WHOLE, finishReason: 'filtered' }),
  ),
  ...['repetition', 'repetition_truncation'].map((reason) =>
    ofReason(reason, { ...WHOLE, finishReason: 'degenerate' }),
  ),
  ...[
    'abort',
    'aborted',
    'error',
    'ERROR',
    'cancelled',
    'timeout',
    'network_error',
    'insufficient_system_resource',
    'preempted',
    'function_call_failure',
  ].map((reason) => ofReason(reason, { ...BROKEN, message: new RegExp(`gave it up \\("${reason}"\\)`, 'u') })),
  ...['', null, 'null', undefined, 7].map((reason) =>
    ofReason(reason, { ...BROKEN, message: /stream ended before the answer did/u }),
  ),
  answer('that is cut before its end, after [DONE]', HELLO + DONE, BROKEN),
  answer('that is finished, without [DONE]', HELLO + event(ended('stop')), WHOLE),
  answer('that ends twice', HELLO + event(ended('length')) + event(ended('stop')) + DONE, {
    ...WHOLE,
    finishReason: 'length',
  }),
  answer(
    'with an end in each piece',
    event(chunk({ content: 'Hello' }, { finish_reason: 'stop' })) +
      event(chunk({ content: ' world.' }, { finish_reason: 'length' })) +
      DONE,
    { ...WHOLE, finishReason: 'length' },
  ),
  answer(
    'with garbage after its end',
    `${HELLO}${event(ended('stop'))}data: {"cho\n\nevent: error\ndata: x\n\n`,
    WHOLE,
  ),
  {
    name: 'whose connection breaks after its end',
    expected: WHOLE,
    async write(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(HELLO + event(ended('stop')));
      await sleep(20);
      response.destroy();
    },
  },
  {
    name: 'whose connection stays open after [DONE]',
    expected: WHOLE,
    write: (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(GOOD),
  },
  {
    name: 'whose connection stays open after its end',
    expected: WHOLE,
    write: (response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(HELLO + event(ended('stop'))),
  },
  {
    name: 'that is only kept alive',
    expected: { type: 'Model.Unavailable', retryable: true, message: /sent no text for 5 s/u, shown: 'Hello' },
    async write(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(piece('Hello')));
      while (!response.destroyed) {
        response.write(': ping\n\n');
        await sleep(100);
      }
    },
  },
];

const between = (name: string, frame: string): OpenAiAnswer =>
  answer(
    `with ${name} in between`,
    event(piece('Hello')) + frame + event(piece(' world.')) + event(ended('stop')) + DONE,
    WHOLE,
  );

const FRAMES: readonly OpenAiAnswer[] = [
  between('a comment', ': keep-alive\n\n'),
  between('choices that are missing', event({ usage: usage(1) })),
  between('choices that are null', event({ choices: null, usage: usage(1) })),
  between('choices that are empty', event({ choices: [], prompt_filter_results: [{}] })),
  between('a choice that is null', event({ choices: [null] })),
  between('choices that are no list', event({ choices: 'none' })),
  between('a delta that is null', event(chunk(null))),
  between('a delta that is missing', event({ choices: [{ index: 0 }] })),
  between('a delta that is a text', event(chunk('x'))),
  between('content that is null', event(chunk({ role: 'assistant', content: null }))),
  between('content that is a number', event(chunk({ content: 3 }))),
  between('content that is missing', event(chunk({ role: 'assistant' }))),
  between('a ping event', 'event: ping\ndata: {"type":"ping"}\n\n'),
  between('a ping event without data', 'event: ping\n\n'),
  between('data: null', 'data: null\n\n'),
  between('data that is empty', 'data:\n\ndata: \n\n'),
  between('data that is a number', 'data: 0\n\ndata: ""\n\ndata: []\n\ndata: {}\n\n'),
  between('an id and a time to reconnect', 'id: 7\nretry: 100\n\n'),
  between('another choice', event({ choices: [{ index: 1, delta: { content: 'NOT MINE' }, finish_reason: null }] })),
  between('an error that is null', event({ error: null, choices: [] })),
  between('empty lines', '\n\n\n'),
  between('usage that is wrong', event({ choices: [], usage: { prompt_tokens: null, completion_tokens: 'two' } })),
  answer('with CRLF', GOOD.replaceAll('\n', '\r\n'), WHOLE),
  answer('with CR', GOOD.replaceAll('\n', '\r'), WHOLE),
  answer('with CRLF cut between the two', GOOD.replaceAll('\n', '\r\n').split(/(?<=\r)/u), WHOLE),
  answer(
    'with all ends of lines',
    [HELLO.replaceAll('\n', '\r'), event(ended('stop')).replaceAll('\n', '\r\n'), DONE],
    WHOLE,
  ),
  answer('without a space after the colon', GOOD.replaceAll('data: ', 'data:'), WHOLE),
  answer('without an empty line at its end', GOOD.trimEnd(), WHOLE),
  answer('without empty lines', GOOD.replaceAll('\n\n', '\n'), WHOLE),
  answer('of data in several lines', GOOD.replaceAll(',"choices"', ',\ndata: "choices"'), WHOLE),
  answer('after a byte order mark', `\uFEFF${GOOD}`, WHOLE),
  answer(
    'in single bytes',
    Array.from(Buffer.from(event(piece('你好 👩‍👩‍👧 é')) + event(ended('stop'))), (byte) => Buffer.of(byte)),
    {
      text: '你好 👩‍👩‍👧 é',
    },
  ),
  answer('that is zipped', gzipSync(GOOD), WHOLE, { 'content-encoding': 'gzip' }),
  answer('of another type than it says', GOOD, WHOLE, { 'content-type': 'application/json' }),
  answer('of no type', GOOD, WHOLE, { 'content-type': '' }),
  answer('with separators of lines in its text', event(piece('a\u2028b\u2029c\u0085d')) + event(ended('stop')), {
    text: 'a\u2028b\u2029c\u0085d',
  }),
  answer(
    'that is counted along',
    event({ ...piece('Hello'), usage: usage(1) }) +
      event({ ...piece(' world.'), usage: usage(2) }) +
      event(ended('stop')) +
      event({ choices: [], usage: usage(9) }),
    {
      ...WHOLE,
      outputTokens: 9,
    },
  ),
  answer(
    'that is counted in its middle alone',
    event(piece('Hello')) + event({ usage: usage(1) }) + event(piece(' world.')) + event(ended('stop')),
    {
      ...WHOLE,
      outputTokens: 2,
    },
  ),
  answer('with malformed JSON', `${HELLO}data: {"choices":[{\n\n`, { ...BROKEN, message: /malformed/u }),
];

const whole = (message: object, rest: object = {}): string =>
  JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop', ...rest }],
    usage: usage(3),
  });

const DOCUMENTS: readonly OpenAiAnswer[] = [
  answer('that is not streamed', whole({ content: 'Hello world.' }), { ...WHOLE, outputTokens: 3 }, json),
  answer('that is not streamed, and says that it is', whole({ content: 'Hello world.' }), WHOLE),
  answer(
    'that is not streamed, in several lines',
    JSON.stringify(JSON.parse(whole({ content: 'Hello world.' })), null, 2),
    WHOLE,
    json,
  ),
  answer('that is not streamed, after a byte order mark', `\uFEFF${whole({ content: 'Hello world.' })}`, WHOLE, json),
  answer(
    'that is not streamed and not finished',
    whole({ content: 'Hello world.' }, { finish_reason: 'abort' }),
    BROKEN,
    json,
  ),
  answer(
    'in lines of JSON',
    [piece('Hello'), piece(' world.'), ended('stop')].map((one) => JSON.stringify(one)).join('\n'),
    WHOLE,
    json,
  ),
  answer('as one event', `data: ${whole({ content: 'Hello world.' })}\n\n`, WHOLE),
  answer(
    'that says the whole message at its end',
    HELLO + event({ choices: [{ index: 0, finish_reason: 'stop', delta: {}, message: { content: 'Hello world.' } }] }),
    WHOLE,
  ),
  answer(
    'that is an error with status 200',
    JSON.stringify({ error: { message: 'out of memory', code: 500 } }),
    { type: 'Model.Crashed', message: /out of memory/u, retryable: true },
    json,
  ),
  answer(
    'that is an error of FastAPI with status 200',
    JSON.stringify({ detail: [{ loc: ['body'], msg: 'field required' }] }),
    { type: 'Model.Crashed', message: /field required/u, retryable: true },
    json,
  ),
  answer(
    'that is a page',
    '<!doctype html><title>Web UI</title><p>Sign in',
    { type: 'Model.Unsupported', message: /web page \("Web UI Sign in"\)/u },
    { 'content-type': 'text/html' },
  ),
  answer('that is empty', '', { type: 'Model.Crashed', retryable: true }, json),
];

const failing = (name: string, frame: string, expected: OpenAiAnswer['expected']): OpenAiAnswer =>
  answer(`that fails by ${name}`, HELLO + frame + DONE, { shown: 'Hello world.', ...expected });
const MEMORY = { type: 'Model.Crashed', message: /out of memory/u, retryable: true };

const ERRORS: readonly OpenAiAnswer[] = [
  failing('an object', event({ error: { message: 'out of memory', type: 'x' } }), MEMORY),
  failing('a text', event({ error: 'out of memory' }), MEMORY),
  failing('an object in an object', event({ error: { message: { error: { message: 'out of memory' } } } }), MEMORY),
  failing('a list', event({ errors: [{ message: 'out of memory' }] }), MEMORY),
  failing('object: error', event({ object: 'error', message: 'out of memory', code: 500 }), MEMORY),
  failing('type: error', event({ type: 'error', error: { type: 'server_error', message: 'out of memory' } }), MEMORY),
  failing('detail', event({ detail: 'out of memory' }), MEMORY),
  failing('an event', 'event: error\ndata: {"message":"out of memory"}\n\n', MEMORY),
  failing('an event of plain text', 'event: error\ndata: out of memory\n\n', MEMORY),
  failing(
    'an error beside choices',
    event({
      error: { code: 502, message: 'upstream gone' },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    }),
    { type: 'Model.Unavailable', message: /upstream gone/u, retryable: true },
  ),
  failing(
    'an error in its choice',
    event({ choices: [{ index: 0, delta: {}, error: { message: 'out of memory' } }] }),
    MEMORY,
  ),
  failing(
    'an overflow',
    event({
      error: {
        message: "This model's maximum context length is 64 tokens. However, you requested 99 tokens.",
        code: 400,
      },
    }),
    { type: 'Model.ContextOverflow', retryable: false },
  ),
  failing('its rate', event({ error: { message: 'slow down', type: 'rate_limit_error' } }), {
    type: 'Model.Unavailable',
    retryable: true,
  }),
  failing('an overload', event({ error: { message: 'too many', code: 'overloaded_error' } }), {
    type: 'Model.Unavailable',
    retryable: true,
  }),
  failing('its key', event({ error: { message: 'no key', code: '401' } }), {
    type: 'Model.Unsupported',
    retryable: false,
  }),
  failing('a bad request', event({ error: { message: 'bad value', type: 'BadRequestError' } }), {
    type: 'Model.Unsupported',
    message: /bad value/u,
    retryable: false,
  }),
  failing('half a character', event({ error: `out of memory \ud83d` }), MEMORY),
];

const THOUGHT = { thinking: 'Let me think. ', ...WHOLE };
const thinking = (name: string, field: (text: string) => object): OpenAiAnswer =>
  answer(
    `that thinks in ${name}`,
    ['Let me ', 'think. '].map((text) => event(chunk({ content: null, ...field(text) }))).join('') + GOOD,
    THOUGHT,
  );

const MESSAGES: readonly OpenAiAnswer[] = [
  answer(
    'of parts',
    event(chunk({ content: [{ type: 'text', text: 'Hello' }, { type: 'image_url' }, ' world.'] })) +
      event(ended('stop')),
    WHOLE,
  ),
  answer(
    'of one part',
    event(chunk({ content: { type: 'output_text', text: 'Hello world.' } })) + event(ended('stop')),
    WHOLE,
  ),
  answer(
    'that is a refusal',
    event(chunk({ content: null, refusal: 'I ' })) + event(chunk({ refusal: 'cannot.' })) + event(ended('stop')),
    { text: 'I cannot.', finishReason: 'stop' },
  ),
  answer(
    'that is a refusal in a part',
    event(chunk({ content: [{ type: 'refusal', refusal: 'I cannot.' }] })) + event(ended('stop')),
    { text: 'I cannot.' },
  ),
  thinking('reasoning_content', (text) => ({ reasoning_content: text })),
  thinking('reasoning', (text) => ({ reasoning: text })),
  thinking('an object of reasoning', (text) => ({ reasoning: { content: text } })),
  thinking('reasoning_text', (text) => ({ reasoning_text: text })),
  thinking('thinking', (text) => ({ thinking: text })),
  thinking('thinking_blocks', (text) => ({ thinking_blocks: [{ type: 'thinking', thinking: text, signature: 's' }] })),
  thinking('reasoning_details', (text) => ({ reasoning_details: [{ type: 'reasoning.text', text }] })),
  thinking('summaries', (text) => ({ reasoning_details: [{ type: 'reasoning.summary', summary: text }] })),
  thinking('two fields at once', (text) => ({ reasoning: text, reasoning_content: text })),
  thinking('a part', (text) => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] })),
  thinking('a part of reasoning', (text) => ({ content: [{ type: 'reasoning', text }] })),
  answer(
    'that thinks and is not streamed',
    whole({ reasoning_content: 'Let me think. ', content: 'Hello world.' }),
    THOUGHT,
    json,
  ),
  answer(
    'that thinks between tags',
    ['<thi', 'nk>', 'Let me think. ', '</think>', '\n\n'].map((text) => event(piece(text))).join('') + GOOD,
    { ...THOUGHT, thinking: 'Let me think.' },
  ),
  answer('of thoughts between tags alone', event(piece('<think>Hm.</think>')) + event(ended('stop')), {
    type: 'Model.OutputRejected',
    message: /thoughts, without an answer/u,
  }),
  answer('of what may become a tag', event(piece('<thi')) + event(ended('stop')), { text: '<thi', shown: '<thi' }),
  answer('of thoughts alone', event(chunk({ reasoning_content: 'Hm.' })) + event(ended('stop')) + DONE, {
    type: 'Model.OutputRejected',
    message: /thoughts, without an answer/u,
    retryable: false,
    shown: '',
  }),
  answer('of thoughts that are too long', event(chunk({ reasoning_content: 'Hm.' })) + event(ended('length')) + DONE, {
    text: '',
    thinking: 'Hm.',
    finishReason: 'length',
  }),
  answer(
    'of a call alone',
    event(chunk({ tool_calls: [{ index: 0, function: { name: 'look', arguments: '{' } }] })) +
      event(ended('tool_calls')) +
      DONE,
    { type: 'Model.OutputRejected', message: /call of "look" and no text/u, retryable: false },
  ),
  answer(
    'of an old call alone',
    event(chunk({ function_call: { name: 'look' } })) + event(ended('function_call')) + DONE,
    { type: 'Model.OutputRejected', message: /call of "look"/u },
  ),
  answer('of a call without a name', event(ended('tool_calls')) + DONE, {
    type: 'Model.OutputRejected',
    message: /call of a tool/u,
  }),
  answer(
    'of text and a call',
    HELLO + event(chunk({ tool_calls: [{ function: { name: 'look' } }] })) + event(ended('tool_calls')),
    WHOLE,
  ),
];

const escaped = (...escapes: readonly string[]): string =>
  escapes.map((one) => `data: {"choices":[{"index":0,"delta":{"content":"${one}"}}]}\n\n`).join('');

const CHARACTERS: readonly OpenAiAnswer[] = [
  answer(
    'with a character in two pieces',
    escaped('Hi ', String.raw`\ud83d`, String.raw`\ude00`, ' ok') + event(ended('stop')),
    { text: 'Hi 😀 ok', shown: 'Hi 😀 ok' },
  ),
  answer(
    'with halves at the ends of pieces',
    escaped(String.raw`Hi \ud83d`, String.raw`\ude00\ud83c`, String.raw`\udf89`) + event(ended('stop')),
    { text: 'Hi 😀🎉', shown: 'Hi 😀🎉' },
  ),
  answer(
    'with nothing between the halves',
    escaped(String.raw`\ud83d`, '', String.raw`\ude00`) + event(ended('stop')),
    { text: '😀' },
  ),
  answer('that ends in half a character', escaped('Hi ', String.raw`\ud83d`) + event(ended('length')), {
    text: 'Hi ',
    finishReason: 'length',
    shown: 'Hi ',
  }),
  answer(
    'with half a character in its middle',
    escaped(String.raw`a\ud83d`, 'b', String.raw`\ude00c`) + event(ended('stop')),
    { text: 'a\uFFFDb\uFFFDc' },
  ),
  answer('that ends in a replacement', event(piece('It is \uFFFD')) + event(ended('stop')), {
    text: 'It is \uFFFD',
    shown: 'It is \uFFFD',
  }),
  answer('with replacements', event(piece('a\uFFFD')) + event(piece('\uFFFDb')) + event(ended('stop')), {
    text: 'a\uFFFD\uFFFDb',
  }),
];

/** Each way that the answers of servers with OpenAI's interface are known to differ in, several times. */
export const OPENAI_ANSWERS: readonly OpenAiAnswer[] = [
  ...ENDS,
  ...FRAMES,
  ...DOCUMENTS,
  ...ERRORS,
  ...MESSAGES,
  ...CHARACTERS,
];
