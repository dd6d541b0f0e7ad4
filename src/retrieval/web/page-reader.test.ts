import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { startLocalServer } from '../../../test/setup/local-server.js';
import { isPublicAddress } from '../../net/public-address.js';
import { createPageReader, type PageReaderOptions, type ParsePage } from './page-reader.js';
import { parseDocument } from '../parse/parse-document.js';

const signal = new AbortController().signal;
const parseAny: ParsePage = (bytes, { uri, ...about }) => parseDocument(bytes, { name: uri, ...about });
/** Allows connections to this machine, which stands in for the internet. */
const options: PageReaderOptions = {
  parse: parseAny,
  version: '1.2.3',
  connection: { mayConnectTo: (address) => address === '127.0.0.1' || isPublicAddress(address) },
};
const html = { 'content-type': 'text/html; charset=utf-8' };

type Respond = Parameters<typeof startLocalServer>[0];
/** A site without a robots.txt. */
const site = (respond: Respond) =>
  startLocalServer((request, response) =>
    request.url === '/robots.txt' ? void response.writeHead(404).end() : respond(request, response),
  );

describe('a page', () => {
  it('is read as people do, wherever redirects led', async () => {
    let agent: string | undefined;
    await using server = await site((request, response) => {
      agent = request.headers['user-agent'];
      if (request.url === '/a') return void response.writeHead(302, { location: '/b#part' }).end();
      response
        .writeHead(200, html)
        .end('<title>T &amp; U</title><script>no</script><h1>Head</h1><p>Text 中文 &rarr;</p>');
    });
    const page = await createPageReader(options).read(`${server.url}/a#x`, { signal });
    expect(page).toMatchObject({
      document: {
        title: 'T & U',
        mediaType: 'text/html',
        text: 'Head\n\nText 中文 →',
        headings: [{ level: 1, text: 'Head', offset: 0 }],
      },
      contentHash: expect.stringMatching(/^[\da-f]{64}$/u) as string,
    });
    expect(new URL(page.url).pathname).toBe('/b');
    expect(agent).toMatch(/^colloquy\/1\.2\.3 \(/u);
  });

  it('is given to the parser as bytes, with its type', async () => {
    await using server = await site((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.7'),
    );
    const parse = vi.fn<ParsePage>((bytes) => ({
      title: 'P',
      mediaType: 'application/pdf',
      text: Buffer.from(bytes).toString(),
      headings: [],
    }));
    const url = `${server.url}/x.pdf`;
    const { document } = await createPageReader({ ...options, parse }).read(url, { signal });
    expect(document.text).toBe('%PDF-1.7');
    expect(parse.mock.calls[0]).toMatchObject([Buffer.from('%PDF-1.7'), { uri: url, mediaType: 'application/pdf' }]);
    await expect(createPageReader(options).read(url, { signal })).rejects.toThrow('Invalid PDF structure');
  });

  it.each([
    ['application/octet-stream', '%PDF-1.7'],
    ['', '\n%PDF-1.4'],
    ['text/html', '%PDF-1.5'],
    ['application/x-pdf', '%PDF-2.0'],
  ])('is a PDF by how it begins, though its server says "%s"', async (type, body) => {
    await using server = await site((_request, response) =>
      response.writeHead(200, { ...(type !== '' && { 'content-type': type }) }).end(body),
    );
    const parse = vi.fn<ParsePage>(() => ({ title: 'P', mediaType: 'application/pdf', text: 'x', headings: [] }));
    await createPageReader({ ...options, parse }).read(server.url, { signal });
    expect(parse.mock.calls[0]).toMatchObject([Buffer.from(body), { mediaType: 'application/pdf' }]);
  });

  it.each([
    ['application/octet-stream', 'PK\u0003\u0004'],
    ['', '{"a":1}'],
    ['application/x-download', 'MZ'],
  ])('of the type "%s" that is neither PDF nor HTML is not read', async (type, body) => {
    await using server = await site((_request, response) =>
      response.writeHead(200, { ...(type !== '' && { 'content-type': type }) }).end(body),
    );
    await expect(createPageReader(options).read(server.url, { signal })).rejects.toMatchObject({ kind: 'not-text' });
  });

  it('without a type is HTML where it begins so', async () => {
    await using server = await site((_request, response) =>
      response.writeHead(200).end('\ufeff<!DOCTYPE html><p>Text'),
    );
    expect(await createPageReader(options).read(server.url, { signal })).toMatchObject({
      document: { text: expect.stringContaining('Text') as string, mediaType: 'text/html' },
    });
  });

  it.each([
    ['named by the header', 'text/html; charset=gb18030', ''],
    ['named by the page', 'text/html', '<meta charset="gbk">'],
  ])('in another charset, %s', async (_how, type, head) => {
    await using server = await site((_request, response) =>
      response
        .writeHead(200, { 'content-type': type })
        .end(Buffer.concat([Buffer.from(head), Buffer.from([0xd6, 0xd0, 0xce, 0xc4])])),
    );
    const { document } = await createPageReader(options).read(server.url, { signal });
    expect(document.text).toBe('中文');
  });

  it.each(['no-such-charset', 'utf-16', 'utf-8'])(
    'in a charset that it only claims, %s, is read all the same',
    async (charset) => {
      await using server = await site((_request, response) =>
        response
          .writeHead(200, { 'content-type': `text/html; charset=${charset}` })
          .end(Buffer.from([0xd6, 0xd0, 0x3c, 0xff, 0xd8, 0x21])),
      );
      const { document } = await createPageReader(options).read(server.url, { signal });
      expect(document.text.isWellFormed()).toBe(true);
    },
  );
});

describe('kept pages', () => {
  it('are given again while they are fresh, then asked for by their ETag', async () => {
    let time = 0;
    let version = 1;
    const conditions: (string | undefined)[] = [];
    await using server = await site(({ headers }, response) => {
      conditions.push(headers['if-none-match']);
      const etag = `"${version}"`;
      if (headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
      response.writeHead(200, { ...html, etag }).end(`version ${version}`);
    });
    const reader = createPageReader({ ...options, freshMs: 1000, now: () => time });
    const read = async (at: number) => {
      time = at;
      return (await reader.read(server.url, { signal })).document.text;
    };
    expect(await read(0)).toBe('version 1');
    expect(await read(999)).toBe('version 1');
    expect(conditions).toEqual([undefined]);
    expect(await read(1001)).toBe('version 1');
    expect(await read(1500)).toBe('version 1');
    version = 2;
    expect(await read(3000)).toBe('version 2');
    expect(conditions).toEqual([undefined, '"1"', '"1"']);
  });

  it('take no more room than they may', async () => {
    await using server = await site(({ url }, response) => {
      response.writeHead(200, html).end(url === '/huge' ? 'x'.repeat(60_000) : 'y'.repeat(10_000));
    });
    // A page takes about 21,000 bytes, so four fit.
    const reader = createPageReader({ ...options, maxCacheBytes: 90_000 });
    const read = (path: string) => reader.read(`${server.url}${path}`, { signal });
    for (const path of ['/1', '/2', '/3', '/4', '/1', '/5', '/huge']) await read(path);
    const count = (path: string) => server.requests.filter((request) => request === path).length;
    for (const path of ['/1', '/5', '/2', '/huge']) await read(path);
    expect([count('/1'), count('/5'), count('/2'), count('/huge')]).toEqual([1, 1, 2, 2]);
  });
});

describe('robots.txt', () => {
  const robots = (text: string, respond?: Respond) =>
    startLocalServer((request, response) => {
      if (request.url === '/robots.txt') response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
      else if (respond) respond(request, response);
      else response.writeHead(200, html).end('page');
    });

  it('is obeyed, and read once', async () => {
    await using server = await robots('User-agent: colloquy\nDisallow: /private\nAllow: /private/open');
    const reader = createPageReader(options);
    await expect(reader.read(`${server.url}/private?x`, { signal })).rejects.toMatchObject({
      kind: 'refused',
      isRetryable: false,
      message: expect.stringMatching(/is not fetched: the robots\.txt of .* does not let it be\.$/u) as string,
    });
    await Promise.all(['/private/open', '/a', '/b'].map((path) => reader.read(server.url + path, { signal })));
    expect(server.requests.toSorted()).toEqual(['/a', '/b', '/private/open', '/robots.txt']);
  });

  it('is obeyed by redirects, on another site too', async () => {
    await using other = await robots('User-agent: *\nDisallow: /');
    await using server = await robots('', (_request, response) =>
      response.writeHead(302, { location: `${other.url}/x` }).end(),
    );
    await expect(createPageReader(options).read(server.url, { signal })).rejects.toThrow('does not let it be');
    expect(other.requests).toEqual(['/robots.txt']);
  });

  it.each([
    [404, true],
    [401, true],
    [429, false],
    [500, false],
  ])('with status %i: pages may be fetched: %s', async (status, isAllowed) => {
    await using server = await startLocalServer(({ url }, response) =>
      url === '/robots.txt' ? response.writeHead(status).end() : response.writeHead(200, html).end('page'),
    );
    const read = createPageReader(options).read(server.url, { signal });
    expect(
      await read.then(
        () => true,
        () => false,
      ),
    ).toBe(isAllowed);
    expect(server.requests.length).toBe(isAllowed ? 2 : 1);
  });

  it('that never answers lets nothing be fetched, until it does', async () => {
    let time = 0;
    let answers = false;
    await using server = await startLocalServer(({ url }, response) => {
      if (url !== '/robots.txt') response.writeHead(200, html).end('page');
      else if (answers) response.writeHead(404).end();
    });
    const reader = createPageReader({ ...options, robotsTimeoutMs: 150, now: () => time });
    const read = () => reader.read(server.url, { signal });
    await expect(read()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('cannot be read now') as string,
    });
    answers = true;
    await expect(read()).rejects.toThrow('cannot be read now');
    expect(server.requests).toEqual(['/robots.txt']);
    time = 61_000;
    expect((await read()).document.text).toBe('page');
  });

  it('that is late does not keep a caller who gives up', async () => {
    await using server = await startLocalServer(() => undefined);
    const caller = new AbortController();
    setTimeout(() => caller.abort(new Error('stopped')), 50);
    const start = performance.now();
    await expect(createPageReader(options).read(server.url, { signal: caller.signal })).rejects.toThrow('stopped');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('without an end is read as far as it matters', async () => {
    await using server = await startLocalServer(({ url }, response) => {
      if (url !== '/robots.txt') return void response.writeHead(200, html).end('page');
      response.writeHead(200).write('User-agent: *\nDisallow: /private\n');
      const write = (): void => {
        while (response.writable && response.write('# nothing\n'.repeat(1000)));
      };
      response.on('drain', write);
      write();
    });
    const reader = createPageReader(options);
    expect((await reader.read(server.url, { signal })).document.text).toBe('page');
    await expect(reader.read(`${server.url}/private`, { signal })).rejects.toThrow('does not let it be');
  });
});

describe('hostile pages', () => {
  const served = (respond: Respond, more: Partial<PageReaderOptions> = {}) =>
    site(respond).then((server) => ({
      server,
      read: () => createPageReader({ ...options, maxBytes: 1_000_000, ...more }).read(server.url, { signal }),
    }));

  it('without an end are left', async () => {
    const { server, read } = await served((_request, response) => {
      response.writeHead(200, html);
      const write = (): void => {
        while (response.writable && response.write('x'.repeat(10_000)));
      };
      response.on('drain', write);
      write();
    });
    await using _ = server;
    await expect(read()).rejects.toMatchObject({ kind: 'too-large' });
  });

  it('that come a byte at a time are left', async () => {
    const { server, read } = await served(
      (request, response) => {
        response.writeHead(200, html);
        const timer = setInterval(() => response.write('x'), 50);
        request.socket.on('close', () => clearInterval(timer));
      },
      { timeoutMs: 400 },
    );
    await using _ = server;
    await expect(read()).rejects.toMatchObject({ kind: 'timed-out', isRetryable: true });
  });

  it('that are bombs are left', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const { server, read } = await served((_request, response) =>
      response.writeHead(200, { ...html, 'content-encoding': 'gzip' }).end(bomb),
    );
    await using _ = server;
    await expect(read()).rejects.toMatchObject({ kind: 'too-large' });
  });

  it.each(['http://169.254.169.254/latest/meta-data/', 'http://[::1]/', 'http://10.0.0.1/', 'file:///etc/passwd'])(
    'that lead to %s are not followed',
    async (location) => {
      const { server, read } = await served((_request, response) => response.writeHead(302, { location }).end());
      await using _ = server;
      await expect(read()).rejects.toMatchObject({ kind: 'refused', isRetryable: false });
    },
  );

  it('that lead in circles are left', async () => {
    const { server, read } = await served(({ url }, response) =>
      response.writeHead(302, { location: url === '/a' ? '/' : '/a' }).end(),
    );
    await using _ = server;
    await expect(read()).rejects.toThrow('redirects more than 5 times');
  });

  it('whose name leads to a private address are not asked, nor is their robots.txt', async () => {
    await using server = await site((_request, response) => response.end('secret'));
    const { port } = new URL(server.url);
    const reader = createPageReader({
      parse: parseAny,
      version: '1',
      connection: { resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) },
    });
    await expect(reader.read(`http://rebind.example:${port}/`, { signal })).rejects.toMatchObject({
      kind: 'refused',
      message: 'rebind.example (127.0.0.1) is not an address on the public internet.',
    });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['10,000 nested tags', '<div><b>'.repeat(10_000) + 'deep' + '</b></div>'.repeat(10_000), 'deep'],
    ['tags without an end', 'before' + '<a href="'.repeat(50_000), 'before'],
    ['a comment without an end', `before<!--${'<!--'.repeat(100_000)}`, 'before'],
  ])('with %s take no long time', async (_what, body, expected) => {
    const { server, read } = await served((_request, response) => response.writeHead(200, html).end(body));
    await using _ = server;
    const start = performance.now();
    expect((await read()).document.text).toBe(expected);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each(['image/png', 'application/octet-stream', 'application/json', ''])('of type "%s" are left', async (type) => {
    const { server, read } = await served((_request, response) =>
      response.writeHead(200, type === '' ? {} : { 'content-type': type }).end('x'),
    );
    await using _ = server;
    await expect(read()).rejects.toMatchObject({ kind: 'not-text' });
  });
});
