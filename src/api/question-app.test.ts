import { expect, it } from 'vitest';
import { ColloquyError } from '../client/colloquy-error.js';
import { createExpertApp, type ExpertAppOptions } from './expert-app.js';
import { createPanelApp } from './panel-app.js';

const profile = { name: 'law-expert', responsibility: 'Law.', persona: 'You are a lawyer.' };
const unforeseen: unknown[] = [];
const appOf = (options: Partial<ExpertAppOptions> = {}) =>
  createExpertApp({
    profile,
    answer: async (text) => ({ response: `re: ${text}` }),
    timeoutMs: 5_000,
    onUnforeseen: (error) => unforeseen.push(error),
    ...options,
  });
const JSON_TYPE = { 'content-type': 'application/json' };
const post = (
  body: RequestInit['body'],
  headers: Record<string, string> = JSON_TYPE,
  options: Partial<ExpertAppOptions> = {},
) => appOf(options).request('/chat', { method: 'POST', headers, body, duplex: 'half' });

it('answers, whatever the script', async () => {
  const response = await post(JSON.stringify({ intent: '什么是税? 🧾\n"x"' }), {
    'content-type': 'application/json; charset=utf-8',
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/u);
  expect(await response.json()).toEqual({ response: 're: 什么是税? 🧾\n"x"' });
});

it.each([
  ['{', JSON_TYPE, 400, 'InvalidRequest', /not valid JSON/u],
  ['[]', JSON_TYPE, 400, 'InvalidRequest', /Send an object \{"intent": "…"\}/u],
  ['{}', JSON_TYPE, 400, 'InvalidRequest', /Send an object/u],
  ['{"intent": 7}', JSON_TYPE, 400, 'InvalidRequest', /must be a string/u],
  ['{"intent": " "}', JSON_TYPE, 400, 'InvalidRequest', /is empty/u],
  ['{"intent": "\\ud800"}', JSON_TYPE, 400, 'InvalidRequest', /not valid Unicode/u],
  ['{"intent": "a\\u0000"}', JSON_TYPE, 400, 'InvalidRequest', /NUL/u],
  ['{"intent": "x", "system": "y"}', JSON_TYPE, 400, 'InvalidRequest', /Unknown field "system"/u],
  [new Uint8Array([0xff]), JSON_TYPE, 400, 'InvalidRequest', /not valid UTF-8/u],
  ['{"intent": "x"}', { ...JSON_TYPE, 'idempotency-key': 'k'.repeat(201) }, 400, 'InvalidRequest', /Idempotency-Key/u],
  ['{"intent": "x"}', { 'content-type': 'text/plain' }, 415, 'InvalidRequest', /application\/json/u],
  [JSON.stringify({ intent: 'x'.repeat(200_000) }), JSON_TYPE, 413, 'InvalidRequest', /message is too large/u],
  [JSON.stringify({ intent: 'x'.repeat(2_000_000) }), JSON_TYPE, 413, 'InvalidRequest', /body is too large/u],
] as const)('refuses %s', async (body, headers, status, type, message) => {
  const response = await post(body, headers);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error: { type, message: expect.stringMatching(message) as string } });
});

it('reads no more of a body without end than it may', async () => {
  let pieces = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pieces++;
      controller.enqueue(new Uint8Array(100_000));
    },
  });
  expect((await post(endless)).status).toBe(413);
  expect(pieces).toBeLessThan(20);
});

it('knows its paths and methods', async () => {
  const app = appOf();
  const health = await app.request('/health');
  expect(await health.json()).toEqual({ status: 'ok', name: 'law-expert', responsibility: 'Law.' });
  const wrong = await app.request('/chat');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await app.request('/health', { method: 'DELETE' })).status).toBe(405);
  const missing = await app.request('/v1/chat', { method: 'POST' });
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ error: { type: 'NotFound' } });
});

it('asks for its token, except for its health', async () => {
  const options = { token: 'secret-token' };
  const body = '{"intent": "x"}';
  for (const authorization of ['', 'Bearer wrong', 'Basic secret-token', 'Bearer secret-token2']) {
    const response = await post(body, { ...JSON_TYPE, authorization }, options);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  }
  expect((await post(body, { ...JSON_TYPE, authorization: 'bearer secret-token' }, options)).status).toBe(200);
  expect((await appOf(options).request('/health')).status).toBe(200);
});

it.each([
  ['Model.Unavailable', 503, '5'],
  ['Temporal.Unreachable', 503, '5'],
  ['TurnQueueFull', 429, '5'],
  ['Model.ContextOverflow', 413, null],
  ['Model.NotFound', 500, null],
] as const)('tells of %s by status %i', async (type, status, retryAfter) => {
  const fails = { answer: () => Promise.reject(new ColloquyError(type, 'what to do')) };
  const response = await post('{"intent": "x"}', JSON_TYPE, fails);
  expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
  expect(await response.json()).toEqual({ error: { type, message: 'what to do' } });
});

it('tells callers nothing of what nobody foresaw, and the log all', async () => {
  const bug = new TypeError('secret.path is not a function');
  const response = await post('{"intent": "x"}', JSON_TYPE, { answer: () => Promise.reject(bug) });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
  expect(unforeseen.at(-1)).toBe(bug);
});

it('gives up in time, and stops what it waited for', async () => {
  let isStopped = false;
  const slow: ExpertAppOptions['answer'] = (_text, { signal }) => {
    signal.addEventListener('abort', () => (isStopped = true));
    return new Promise(() => undefined);
  };
  const response = await post('{"intent": "x"}', JSON_TYPE, { answer: slow, timeoutMs: 50 });
  expect(response.status).toBe(504);
  expect(await response.json()).toMatchObject({ error: { type: 'Expert.TimedOut' } });
  expect(isStopped).toBe(true);
});

it('tells who does not want to wait that it thinks, and has the answer for the same key', async () => {
  let give: (response: string) => void = () => undefined;
  const thought = new Promise<string>((resolve) => (give = resolve));
  const answer = async () => ({ response: await thought });
  const impatient = { ...JSON_TYPE, prefer: 'respond-async, wait=0' };
  const keyed = { ...impatient, 'idempotency-key': 'k' };
  const early = await post('{"intent": "x"}', keyed, { answer });
  expect([early.status, early.headers.get('retry-after'), await early.json()]).toEqual([
    202,
    '1',
    { status: 'thinking' },
  ]);
  // Without a key nobody could come back.
  const patient = post('{"intent": "x"}', impatient, { answer });
  give('at last');
  expect(await (await patient).json()).toEqual({ response: 'at last' });
  const late = await post('{"intent": "x"}', { ...keyed, prefer: 'wait=5' }, { answer });
  expect([late.status, await late.json()]).toEqual([200, { response: 'at last' }]);
});

it('serves a panel likewise', async () => {
  const experts = [{ name: 'law-expert', responsibility: 'Law.', persona: '', remoteUrl: 'http://127.0.0.1:5001' }];
  const app = createPanelApp({
    coordinator: profile,
    experts,
    runPanel: async (request, { idempotencyKey }) => ({
      response: `${request.task} ${request.experts.length} ${idempotencyKey}`,
      absent: [{ expert: 'law-expert', reason: 'away' }],
    }),
    timeoutMs: 1000,
    onUnforeseen: () => undefined,
  });
  const headers = { ...JSON_TYPE, 'idempotency-key': 'k' };
  const response = await app.request('/integrate', { method: 'POST', headers, body: '{"task": "制定标准"}' });
  expect(await response.json()).toEqual({
    response: '制定标准 1 k',
    absent: [{ expert: 'law-expert', reason: 'away' }],
  });
  expect(await (await app.request('/health')).json()).toMatchObject({ experts: ['law-expert'] });
});
