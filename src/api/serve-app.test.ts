import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createExpertApp } from './expert-app.js';
import { ListenError } from './listen-error.js';
import { serveApp } from './serve-app.js';
import { isLoopback } from './loopback.js';

const profile = { name: 'law-expert', responsibility: 'Law.', persona: 'You are a lawyer.' };

async function served(answer: Parameters<typeof createExpertApp>[0]['answer'], use: (at: Served) => Promise<void>) {
  const stop = new AbortController();
  const app = createExpertApp({ profile, answer, timeoutMs: 5_000, onUnforeseen: () => undefined });
  let closed: Promise<void> = Promise.resolve();
  const address = await new Promise<{ url: string; port: number }>((resolve, reject) => {
    closed = serveApp(app, { host: '127.0.0.1', port: 0, signal: stop.signal, onReady: resolve });
    closed.catch(reject);
  });
  try {
    await use({ ...address, stop: () => stop.abort(), closed });
  } finally {
    stop.abort();
    await closed;
  }
}

interface Served {
  readonly url: string;
  readonly port: number;
  readonly stop: () => void;
  readonly closed: Promise<void>;
}

const ask = (url: string, options: RequestInit = {}) =>
  fetch(`${url}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"intent": "x"}',
    ...options,
  });

it('answers what is in flight when it ends, and takes nothing new', () =>
  served(
    async () => {
      await sleep(300);
      return { response: 'done' };
    },
    async ({ url, stop, closed }) => {
      const asking = ask(url);
      await sleep(100);
      const since = performance.now();
      stop();
      await expect(ask(url)).rejects.toThrow('fetch failed');
      expect(await (await asking).json()).toEqual({ response: 'done' });
      await closed;
      // Neither the grace nor the time for which connections are kept.
      expect(performance.now() - since).toBeLessThan(2000);
    },
  ));

it('stops what nobody waits for any more, unless it can be asked for again', async () => {
  const stopped: (string | undefined)[] = [];
  await served(
    (_text, { signal, idempotencyKey }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => stopped.push(idempotencyKey));
        setTimeout(resolve, 800, { response: 'late' });
      }),
    async ({ url }) => {
      for (const key of [undefined, 'k']) {
        const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
        await expect(ask(url, { headers, signal: AbortSignal.timeout(150) })).rejects.toThrow(/aborted|timeout/u);
      }
      await sleep(300);
      expect(stopped).toEqual([undefined]);
    },
  );
});

it('answers no page that reaches this machine by another name', () =>
  served(
    async () => ({ response: 'ok' }),
    async ({ port }) => {
      const asAsked = (host: string, path: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const headers = { host, 'content-type': 'application/json' };
          request({ host: '127.0.0.1', port, method: path === '/chat' ? 'POST' : 'GET', path, headers }, (response) => {
            response.resume();
            resolve(response.statusCode);
          })
            .on('error', reject)
            .end(path === '/chat' ? '{"intent": "x"}' : undefined);
        });
      const own = [
        'localhost',
        `localhost:${port}`,
        'LOCALHOST',
        `127.0.0.1:${port}`,
        '127.1.2.3',
        `[::1]:${port}`,
        '[::1]',
      ];
      const others = [`rebound.example:${port}`, 'localhost.example', '127.0.0.1.example', '10.0.0.1'];
      for (const path of ['/chat', '/health']) {
        for (const host of own) expect([host, await asAsked(host, path)]).toEqual([host, 200]);
        for (const host of others) expect([host, await asAsked(host, path)]).toEqual([host, 421]);
      }
    },
  ));

it('survives what is no HTTP', () =>
  served(
    async () => ({ response: 'ok' }),
    async ({ url, port }) => {
      const status = await new Promise((resolve, reject) => {
        request({ port, method: 'POST', path: '/chat', headers: { 'content-length': 'x' } }, ({ statusCode }) =>
          resolve(statusCode),
        )
          .on('error', reject)
          .end();
      });
      expect(status).toBe(400);
      expect((await ask(url)).status).toBe(200);
    },
  ));

it('says what to do about a port that is taken', () =>
  served(
    async () => ({ response: 'ok' }),
    async ({ port }) => {
      const app = createExpertApp({
        profile,
        answer: async () => ({ response: '' }),
        timeoutMs: 1,
        onUnforeseen: () => undefined,
      });
      const again = serveApp(app, { host: '127.0.0.1', port, signal: AbortSignal.abort(), onReady: () => undefined });
      await expect(again).rejects.toThrow(ListenError);
      await expect(again).rejects.toThrow(`port ${port}: another program listens there. Choose another with --port`);
    },
  ));

it.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example.org', false],
  ['192.168.1.4', false],
])('knows whether %s is this machine alone', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
