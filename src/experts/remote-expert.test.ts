import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startLocalServer } from '../../test/setup/local-server.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { ExpertError } from './expert-error.js';
import { askRemoteExpert, introduceRemoteExpert, type RemoteExpertOptions } from './remote-expert.js';

// Uses real servers on this machine. Each test has its own breaker, because the system reuses ports.

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

async function ask(listener: RequestListener, options: Partial<RemoteExpertOptions> = {}, path = '') {
  await using server = await startLocalServer(listener);
  const question = { url: server.url + path, intent: 'Is 税 a tax? 🧾', idempotencyKey: 'k-1' };
  const given = { signal: new AbortController().signal, breaker: new CircuitBreaker(), ...options };
  const outcome: unknown = await askRemoteExpert(question, given).catch((error: unknown) => error);
  return { outcome, requests: server.requests, url: server.url };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

it.each([
  ['', '/chat'],
  ['/', '/chat'],
  ['/chat', '/chat'],
  ['/law', '/law/chat'],
  ['/law/chat', '/law/chat'],
])('asks by POST, with key and token: %j', async (path, expected) => {
  const seen: unknown[] = [];
  const { outcome, requests } = await ask(
    (request, response) => {
      const answer = async (): Promise<void> => {
        const body: unknown = JSON.parse(await readAll(request));
        const { method, headers } = request;
        seen.push([method, body, headers['idempotency-key'], headers.authorization, headers['content-type']]);
        json(response, 200, { response: '是。 Yes. 🧾', more: 1 });
      };
      void answer();
    },
    { token: 'secret-token' },
    path,
  );
  expect(outcome).toEqual({ response: '是。 Yes. 🧾' });
  expect(requests).toEqual([expected]);
  expect(seen).toEqual([['POST', { intent: 'Is 税 a tax? 🧾' }, 'k-1', 'Bearer secret-token', 'application/json']]);
});

it.each([
  [400, {}, 'Expert.Refused', undefined, /does not take the question \(400: it is on fire\)/u],
  [401, {}, 'Expert.Refused', undefined, /refuses access .*COLLOQUY_EXPERT_TOKEN/u],
  [404, {}, 'Expert.Refused', undefined, /\(404: /u],
  [413, {}, 'Expert.Refused', undefined, /\(413: /u],
  [429, { 'retry-after': '7' }, 'Expert.Unavailable', 7000, /busy or failed \(429/u],
  [500, {}, 'Expert.Unavailable', 1000, /busy or failed \(500: it is on fire\)/u],
  [503, { 'retry-after': '99999' }, 'Expert.Unavailable', 60_000, /\(503: /u],
  [504, {}, 'Expert.TimedOut', undefined, /ran out of time \(504/u],
])('takes status %i %o as %s', async (status, headers, type, retryAfterMs, message) => {
  const error = { error: { type: 'X', message: 'it is on\n\u001B fire' } };
  const { outcome, requests } = await ask((_request, response) => void json(response, status, error, headers));
  expect(outcome).toMatchObject({ type, message: expect.stringMatching(message) as string });
  expect(outcome instanceof ExpertError && outcome.options.retryAfterMs).toBe(retryAfterMs);
  expect(requests).toHaveLength(1);
});

it.each([
  ['{"response": 7}', 'answers without {"response": "…"}'],
  ['{"answer": "x"}', 'answers without {"response": "…"}'],
  ['"x"', 'answers without {"response": "…"}'],
  ['{"response": "\\ud800"}', 'answers without {"response": "…"}'],
  ['<html>\n<b>hi', 'responded with something other than JSON: <html> <b>hi'],
  ['', 'responded with something other than JSON: no reason given'],
  [Buffer.from([0x22, 0xff, 0x22]), 'answers what is not valid UTF-8'],
])('believes no answer that is none: %j', async (body, message) => {
  const { outcome } = await ask((_request, response) => void response.end(body));
  expect(outcome).toMatchObject({ type: 'Expert.BadResponse', message: expect.stringContaining(message) as string });
});

it('reads no further than the limit, whether the length is told or not', async () => {
  const closed: boolean[] = [];
  const endless: RequestListener = (_request, response) => {
    const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
    response.on('close', () => {
      clearInterval(timer);
      closed.push(true);
    });
  };
  const tooLarge = { type: 'Expert.BadResponse', message: expect.stringContaining('more than 50000 bytes') as string };
  expect((await ask(endless, { maxBytes: 50_000 })).outcome).toMatchObject(tooLarge);
  await expect.poll(() => closed).toEqual([true]);
  const told: RequestListener = (_request, response) => void response.end('x'.repeat(60_000));
  expect((await ask(told, { maxBytes: 50_000 })).outcome).toMatchObject(tooLarge);
});

it.each([
  ['says nothing', () => undefined],
  ['sends a byte now and then', (response: ServerResponse) => void setInterval(() => response.write(' '), 20).unref()],
])('waits no longer than its time for one that %s', async (_what, behave) => {
  const since = performance.now();
  const { outcome } = await ask((_request, response) => behave(response), { timeoutMs: 200 });
  expect(outcome).toMatchObject({
    type: 'Expert.TimedOut',
    message: expect.stringContaining('did not answer within 0.2 s') as string,
  });
  expect(performance.now() - since).toBeLessThan(2000);
});

it('is told that nobody is there, or that the connection broke', async () => {
  const { url } = await ask((_request, response) => void json(response, 200, { response: '' }));
  const question = { url, intent: 'x', idempotencyKey: 'k' };
  const options = { signal: new AbortController().signal, breaker: new CircuitBreaker() };
  await expect(askRemoteExpert(question, options)).rejects.toMatchObject({
    type: 'Expert.Unavailable',
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
  const reset = await ask((request) => void request.socket.resetAndDestroy());
  expect(reset.outcome).toMatchObject({ type: 'Expert.Unavailable' });
  const half = await ask((_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"response": "ha');
    setTimeout(() => response.destroy(), 20);
  });
  expect(half.outcome).toMatchObject({ type: 'Expert.Unavailable' });
});

it('closes the connection when it is cancelled', async () => {
  const controller = new AbortController();
  let closedAfter: number | undefined;
  const { outcome } = await ask(
    (_request, response) => {
      const since = performance.now();
      response.on('close', () => (closedAfter = performance.now() - since));
      setTimeout(() => controller.abort(new Error('stopped')), 50);
    },
    { signal: controller.signal },
  );
  expect(outcome).toMatchObject({ message: 'stopped' });
  await expect.poll(() => closedAfter).toBeLessThan(1000);
});

it('follows a redirect on the same host only', async () => {
  const within: RequestListener = (request, response) => {
    if (request.url === '/v2') json(response, 200, { response: request.method });
    else response.writeHead(307, { location: '/v2' }).end();
  };
  expect((await ask(within)).outcome).toEqual({ response: 'POST' });
  await using other = await startLocalServer((_request, response) => void json(response, 200, { response: 'stolen' }));
  const away = await ask((_request, response) => void response.writeHead(307, { location: `${other.url}/chat` }).end());
  expect(away.outcome).toMatchObject({
    type: 'Expert.Refused',
    message: expect.stringContaining(`redirects to ${other.url}`) as string,
  });
  expect(other.requests).toEqual([]);
  const round = await ask((_request, response) => void response.writeHead(308, { location: '/' }).end());
  expect(round.outcome).toMatchObject({ message: expect.stringContaining('more than 3 times') as string });
  expect(round.requests).toHaveLength(4);
});

it('leaves a server alone that fails again and again, and hears it when it is well again', async () => {
  let isWell = false;
  await using server = await startLocalServer((_request, response) =>
    isWell ? void json(response, 200, { response: 'ok' }) : void json(response, 500, {}),
  );
  const breaker = new CircuitBreaker({ maxFailures: 3, openMs: 200 });
  const question = { url: server.url, intent: 'x', idempotencyKey: 'k' };
  const once = () =>
    askRemoteExpert(question, { signal: new AbortController().signal, breaker }).catch((error: unknown) => error);
  for (let i = 0; i < 3; i++) expect(await once()).toMatchObject({ type: 'Expert.Unavailable' });
  isWell = true;
  expect(await once()).toMatchObject({
    type: 'Expert.CircuitOpen',
    message: expect.stringContaining('3 times') as string,
  });
  expect(server.requests).toHaveLength(3);
  await sleep(210);
  expect(await once()).toEqual({ response: 'ok' });
});

it('refuses what is no address', async () => {
  const options = { signal: new AbortController().signal };
  for (const url of ['', 'law-expert', 'ftp://host', 'http://me:secret@host']) {
    const asking = askRemoteExpert({ url, intent: 'x', idempotencyKey: 'k' }, options);
    await expect(asking).rejects.toMatchObject({
      type: 'Expert.Refused',
      message: expect.not.stringContaining('secret') as string,
    });
  }
});

it('asks who it is', async () => {
  const signal = new AbortController().signal;
  await using server = await startLocalServer((request, response) =>
    request.url === '/health'
      ? void json(response, 200, { status: 'ok', name: 'law-expert', responsibility: 'Law.' })
      : void json(response, 200, { status: 'ok' }),
  );
  expect(await introduceRemoteExpert(`${server.url}/chat`, { signal })).toEqual({
    name: 'law-expert',
    responsibility: 'Law.',
  });
  await expect(introduceRemoteExpert(`${server.url}/other`, { signal })).rejects.toMatchObject({
    type: 'Expert.BadResponse',
  });
});
