import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { readBody, readTextBody } from './read-body.js';
import { reasonOf } from './reason-of.js';
import { parseRetryAfter } from './retry-after.js';

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

/** Starts a real server, because the promises to test concern connections. @returns its address, and whether the client closed a connection */
async function serve(listener: RequestListener): Promise<{ url: string; isLeft: Promise<void> }> {
  let left: (() => void) | undefined;
  const isLeft = new Promise<void>((resolve) => (left = resolve));
  const server = createServer((request, response) => {
    response.once('close', () => !response.writableFinished && left?.());
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, isLeft };
}

describe('a body', () => {
  it('is read whole up to the limit, whatever pieces it comes in', async () => {
    const { url } = await serve((_, response) => {
      const bytes = Buffer.from('\u{feff}好的');
      for (const byte of bytes) response.write(Buffer.from([byte]));
      response.end();
    });
    expect(await readTextBody((await fetch(url)).body, { maxBytes: 9 })).toBe('好的');
    expect(await readTextBody(null, { maxBytes: 1 })).toBe('');
  });

  it('that is announced to be too large is not read, and its connection closed', async () => {
    const { url, isLeft } = await serve(
      (_, response) => void response.writeHead(200, { 'content-length': 11 }).write('x'),
    );
    const { body, headers } = await fetch(url);
    await expect(readBody(body, { maxBytes: 10, announced: headers.get('content-length') })).rejects.toMatchObject({
      kind: 'too-large',
    });
    await isLeft;
  });

  it('that never ends is left at the limit', async () => {
    const { url, isLeft } = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(100)), 1);
      response.once('close', () => clearInterval(timer));
    });
    await expect(readBody((await fetch(url)).body, { maxBytes: 1000 })).rejects.toMatchObject({ kind: 'too-large' });
    await isLeft;
  });

  it('is cut where its beginning will do', async () => {
    const { url } = await serve((_, response) => response.end('x'.repeat(5000)));
    expect(await readBody((await fetch(url)).body, { maxBytes: 1000, announced: '5000', cuts: true })).toHaveLength(
      1000,
    );
  });

  it('that breaks off is an error, not a short body', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const { body } = await fetch(url);
    await expect(readBody(body, { maxBytes: 100 })).rejects.toThrow(/terminated/u);
  });

  it('that is too slow ends with the signal of its request', async () => {
    const { url, isLeft } = await serve((_, response) => void response.writeHead(200).write('a'));
    const late = new AbortController();
    const { body } = await fetch(url, { signal: late.signal });
    setTimeout(() => late.abort(), 20);
    await expect(readBody(body, { maxBytes: 100 })).rejects.toMatchObject({ name: 'AbortError' });
    await isLeft;
  });

  it('in another encoding is no text', async () => {
    const { url } = await serve((_, response) => response.end(Buffer.from('caf\u{e9}', 'latin1')));
    await expect(readTextBody((await fetch(url)).body, { maxBytes: 100 })).rejects.toMatchObject({ kind: 'not-utf8' });
  });
});

it.each([
  ['7', 7000],
  [' 7 ', 7000],
  ['0.5', 500],
  ['-3', 0],
  ['99999999', 600_000],
  ['Thu, 01 Jan 1970 00:00:12 GMT', 2000],
  ['Thursday, 01-Jan-70 00:00:12 GMT', 2000],
  ['Thu Jan  1 00:00:12 1970 GMT', 2000],
  ['1970-01-01T00:00:12Z', 2000],
  ['Wed, 31 Dec 1969 00:00:00 GMT', 0],
  ['soon', undefined],
  ['try 5', undefined],
  ['0x10', undefined],
  ['Infinity', undefined],
  ['', undefined],
  [null, undefined],
])('waits after "Retry-After: %s" for %s ms', (value, ms) => {
  expect(parseRetryAfter(value, { now: 10_000 })).toBe(ms);
});

it('waits no longer than is sensible', () => {
  expect(parseRetryAfter('120', { longestMs: 60_000 })).toBe(60_000);
});

it('tells the innermost reason, on one line', async () => {
  const { url } = await serve(() => undefined);
  await close?.();
  const error: unknown = await fetch(url).catch((reason: unknown) => reason);
  expect(reasonOf(error)).toMatch(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/u);
  expect(reasonOf(new AggregateError([new Error('first\nmore'), new Error('second')]))).toBe('first');
  expect(reasonOf(new TypeError(''))).toBe('TypeError');
  expect(reasonOf('text')).toBe('text');
});
