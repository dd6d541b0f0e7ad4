import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startLocalServer } from '../../test/setup/local-server.js';
import { GuardedFetchError } from './guarded-fetch-error.js';
import { guardedFetch, guardedFetchBytes, type GuardedFetchOptions } from './guarded-fetch.js';
import { createHostAllowList } from './host-allow-list.js';
import { isPublicAddress } from './public-address.js';

const signal = new AbortController().signal;
/** Allows connections to this machine, which stands in for the internet. */
const here: GuardedFetchOptions = {
  signal,
  mayConnectTo: (address) => address === '127.0.0.1' || isPublicAddress(address),
};

describe('what is asked of it is done', () => {
  it('follows redirects and says where they led', async () => {
    await using server = await startLocalServer(({ url }, response) => {
      if (url === '/a') response.writeHead(302, { location: '/b' }).end();
      else response.writeHead(200, { 'content-type': 'Text/HTML; charset=utf-8' }).end('<p>中文');
    });
    expect(await guardedFetch(`${server.url}/a`, here)).toEqual({
      url: `${server.url}/b`,
      contentType: 'text/html',
      text: '<p>中文',
    });
  });

  it('reads other charsets, by header or by page', async () => {
    const gbk = Buffer.from([0xd6, 0xd0, 0xce, 0xc4]);
    await using server = await startLocalServer(({ url }, response) => {
      const type = url === '/header' ? 'text/plain; charset="GBK"' : 'text/html';
      const head = url === '/header' ? '' : '<meta charset="gb2312">';
      response.writeHead(200, { 'content-type': type }).end(Buffer.concat([Buffer.from(head), gbk]));
    });
    expect((await guardedFetch(`${server.url}/header`, here)).text).toBe('中文');
    expect((await guardedFetch(`${server.url}/page`, here)).text).toContain('>中文');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('unpacks %s', async (encoding, pack) => {
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(pack('packed')),
    );
    expect((await guardedFetch(server.url, here)).text).toBe('packed');
  });

  it.each([
    ['short', 'x'],
    ['of stored blocks', randomBytes(3000).toString('hex')],
    ['of repetitions', 'packed '.repeat(10_000)],
    ['empty', ''],
  ])('unpacks deflate without the header of zlib, %s, in pieces as they come', async (_what, text) => {
    for (const level of [0, 1, 9]) {
      const packed = deflateRawSync(text, { level });
      await using server = await startLocalServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'deflate' });
        response.write(packed.subarray(0, 1));
        setTimeout(() => response.end(packed.subarray(1)), 5);
      });
      expect((await guardedFetch(server.url, here)).text).toBe(text);
    }
  });

  it.each([
    ['raw UTF-8', '/文件/größe?q=ключ', '/%E6%96%87%E4%BB%B6/gr%C3%B6%C3%9Fe?q=%D0%BA%D0%BB%D1%8E%D1%87'],
    ['raw bytes of another charset', Buffer.from([0x2f, 0xce, 0xc4, 0xbc, 0xfe]), '/%CE%C4%BC%FE'],
    ['escaped, as it should be', '/%E6%96%87', '/%E6%96%87'],
    ['raw, with a space and an emoji', '/a b 😀', '/a%20b%20%F0%9F%98%80'],
  ])('follows a redirect in %s', async (_what, location, path) => {
    await using server = await startLocalServer(({ url }, response) => {
      if (url === '/') response.writeHead(302, { location: Buffer.from(location).toString('latin1') }).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(url);
    });
    expect((await guardedFetch(server.url, here)).text).toBe(path);
  });

  it('gives bytes of the types that are asked for, with what they need to be read', async () => {
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'Application/PDF; charset=x', etag: '"1"' }).end('%PDF'),
    );
    const accepts = (type: string): boolean => type === 'application/pdf';
    expect(await guardedFetchBytes(server.url, { ...here, accepts })).toEqual({
      url: `${server.url}/`,
      contentType: 'application/pdf',
      charset: 'x',
      etag: '"1"',
      bytes: Buffer.from('%PDF'),
    });
    const cut = await guardedFetchBytes(server.url, { ...here, accepts, maxBytes: 2, cutsLongBody: true });
    expect(Buffer.from(cut.bytes).toString()).toBe('%P');
  });

  it('asks before each URL, that of a redirect too', async () => {
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(302, { location: '/b' }).end(),
    );
    const asked: string[] = [];
    const beforeEach = ({ pathname }: URL): Promise<void> => {
      asked.push(pathname);
      return pathname === '/b' ? Promise.reject(new GuardedFetchError('refused', 'not /b')) : Promise.resolve();
    };
    await expect(guardedFetch(`${server.url}/a`, { ...here, beforeEach })).rejects.toThrow('not /b');
    expect({ asked, requests: server.requests }).toEqual({ asked: ['/a', '/b'], requests: ['/a'] });
  });

  it('sends headers to the first origin only', async () => {
    const seen: (string | undefined)[] = [];
    await using other = await startLocalServer(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(200, { 'content-type': 'text/plain' }).end('other');
    });
    await using server = await startLocalServer(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(307, { location: other.url }).end();
    });
    await guardedFetch(server.url, { ...here, headers: { authorization: 'Bearer x' } });
    expect(seen).toEqual(['Bearer x', undefined]);
  });
});

describe('nothing on this machine or its network is reached', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://10.0.0.1/',
    'http://192.168.0.1:8080/',
    'http://100.64.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://224.0.0.1/',
    'http://127。0。0。1/',
  ])('%s', async (url) => {
    await expect(guardedFetch(url, { signal })).rejects.toMatchObject({
      kind: 'refused',
      isRetryable: false,
      message: expect.stringContaining('is not an address on the public internet') as string,
    });
  });

  it('localhost, by the system', async () => {
    await expect(guardedFetch('http://localhost/', { signal })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(
        /^localhost \((?:127\.0\.0\.1|::1)\) is not an address on the public internet/u,
      ) as string,
    });
  });

  it.each([
    ['one private address', [{ address: '10.0.0.7', family: 4 }]],
    [
      'one private address among public ones',
      [
        { address: '93.184.216.34', family: 4 },
        { address: '::ffff:10.0.0.7', family: 6 },
      ],
    ],
  ])('a name that resolves to %s', async (_what, addresses) => {
    const resolve = () => Promise.resolve(addresses);
    await expect(guardedFetch('http://rebind.example/', { signal, resolve })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^rebind\.example \(.*10\.0\.0\.7\) is not an address/u) as string,
    });
  });

  it('a name that resolves to another address the second time', async () => {
    await using server = await startLocalServer((_request, response) => response.end('secret'));
    const { port } = new URL(server.url);
    const answers = ['93.184.216.34', '127.0.0.1'];
    let asked = 0;
    // A check before the connection would see the first answer. The fetch must resolve the name only once and connect to the address that
    // it checked.
    const resolve = () => Promise.resolve([{ address: answers[1 - asked++] ?? '', family: 4 }]);
    await expect(guardedFetch(`http://rebind.example:${port}/`, { signal, resolve })).rejects.toMatchObject({
      kind: 'refused',
    });
    expect({ asked, requests: server.requests }).toEqual({ asked: 1, requests: [] });
  });

  it.each(['http://169.254.169.254/', 'http://[::ffff:10.0.0.1]/', 'http://localhost:1/', '//0x0a000001/'])(
    'a redirect to %s',
    async (location) => {
      await using server = await startLocalServer((_request, response) => response.writeHead(302, { location }).end());
      const only = { ...here, resolve: () => Promise.resolve([{ address: '::1', family: 6 }]) };
      await expect(guardedFetch(server.url, only)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('is not an address on the public internet') as string,
      });
    },
  );
});

describe('refused', () => {
  it.each([
    ['file:///etc/passwd', '"file:" cannot be fetched: only https and http can.'],
    ['ftp://example.org/', '"ftp:" cannot be fetched'],
    ['data:text/plain,x', '"data:" cannot be fetched'],
    ['http://user:secret@example.org/', 'A URL for example.org contains a user name or password'],
    ['example.org', 'is not a complete URL'],
    ['http://', 'is not a complete URL'],
  ])('%s', async (url, reason) => {
    await expect(guardedFetch(url, { signal })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('a host that is not on the list, also by a redirect', async () => {
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(302, { location: 'http://elsewhere.example/' }).end(),
    );
    const { host } = new URL(server.url);
    const allows = createHostAllowList([host]);
    await expect(guardedFetch(server.url, { ...here, allows })).rejects.toThrow(
      'elsewhere.example is not among the hosts that may be asked.',
    );
    await expect(guardedFetch('http://other.example/', { ...here, allows })).rejects.toThrow(
      'other.example is not among',
    );
  });

  it('redirects without an end, or with a password', async () => {
    await using server = await startLocalServer(({ url }, response) => {
      const location = url === '/password' ? `http://a:b@127.0.0.1/` : '/again';
      response.writeHead(301, { location }).end();
    });
    await expect(guardedFetch(server.url, here)).rejects.toThrow('redirects more than 5 times');
    expect(server.requests).toHaveLength(6);
    await expect(guardedFetch(`${server.url}/password`, here)).rejects.toThrow('user name or password');
  });

  it.each([
    ['image/png', {}, 'is image/png, which cannot be read'],
    ['', {}, 'is something without a type'],
    ['text/plain', { 'content-encoding': 'zstd' }, 'is "zstd" data'],
  ])('%s %j', async (type, headers, reason) => {
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(200, { ...(type !== '' && { 'content-type': type }), ...headers }).end(gzipSync('x')),
    );
    await expect(guardedFetch(server.url, here)).rejects.toMatchObject({
      kind: 'not-text',
      message: expect.stringContaining(reason) as string,
    });
  });

  it.each([true, false])('more bytes than allowed, announced: %s', async (announced) => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', ...(announced && { 'content-length': '2000001' }) });
      const write = (): void => {
        while (response.writable && response.write('x'.repeat(10_000)));
      };
      response.on('drain', write);
      write();
    });
    await expect(guardedFetch(server.url, here)).rejects.toMatchObject({
      kind: 'too-large',
      message: expect.stringContaining('more than 1000000 bytes') as string,
    });
  });
});

describe('a server that does not do its part', () => {
  it.each(['gzip', 'br'])('sends a bomb: 200 MB as a few KB of %s', async (encoding) => {
    const large = Buffer.alloc(200_000_000);
    const bomb =
      encoding === 'br'
        ? brotliCompressSync(large, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
        : gzipSync(large);
    expect(bomb.length).toBeLessThan(1_000_000);
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(bomb),
    );
    const before = process.memoryUsage().arrayBuffers;
    await expect(guardedFetch(server.url, here)).rejects.toMatchObject({ kind: 'too-large' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it('sends packed data that is none', async () => {
    await using server = await startLocalServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end('not packed'),
    );
    await expect(guardedFetch(server.url, here)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('incorrect header check') as string,
    });
  });

  it('is late within packed data', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
      response.write(gzipSync('x'.repeat(1000)).subarray(0, 12));
    });
    await expect(guardedFetch(server.url, { ...here, timeoutMs: 150 })).rejects.toMatchObject({ kind: 'timed-out' });
  });

  it.each([
    [404, false],
    [429, true],
    [503, true],
  ])('answers %i; worth trying again: %s', async (status, isRetryable) => {
    await using server = await startLocalServer((_request, response) => response.writeHead(status).end());
    await expect(guardedFetch(server.url, here)).rejects.toMatchObject({
      kind: 'status',
      isRetryable,
      message: `${server.url}/ answers with status ${status}.`,
    });
  });

  it.each(['headers', 'body'])('is late with the %s', async (what) => {
    await using server = await startLocalServer((_request, response) => {
      if (what === 'body') response.writeHead(200, { 'content-type': 'text/plain' }).write('x');
    });
    await expect(guardedFetch(server.url, { ...here, timeoutMs: 150 })).rejects.toMatchObject({
      kind: 'timed-out',
      isRetryable: true,
    });
  });

  it('breaks the connection', async () => {
    await using server = await startLocalServer((request) => request.socket.destroy());
    await expect(guardedFetch(server.url, here)).rejects.toMatchObject({ kind: 'unreachable', isRetryable: true });
  });

  it('is left at once when the caller gives up', async () => {
    let closed: (() => void) | undefined;
    const left = new Promise<void>((resolve) => (closed = resolve));
    const caller = new AbortController();
    await using server = await startLocalServer((request, response) => {
      request.socket.on('close', () => closed?.());
      response.writeHead(200, { 'content-type': 'text/plain' }).write('x');
      setTimeout(() => caller.abort(new Error('stopped')), 50);
    });
    await expect(guardedFetch(server.url, { ...here, signal: caller.signal })).rejects.toThrow('stopped');
    await left;
  });
});
