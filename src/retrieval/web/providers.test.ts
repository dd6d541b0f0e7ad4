import { gzipSync } from 'node:zlib';
import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startLocalServer } from '../../../test/setup/local-server.js';
import { createBrave } from './brave.js';
import { createGoogle } from './google.js';
import { createNewsApi } from './news-api.js';
import { createSearxng } from './searxng.js';
import { usableProviders, providerStates } from './usable-providers.js';
import type { WebSearchProvider } from './web-search-provider.js';

const signal = new AbortController().signal;
const KEY = 'key-that-nobody-may-see';

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const PAGE = { url: 'https://a.example/page', title: 'A page', snippet: 'Says <something> & more' };

/** Each provider as documented. */
const providers: Record<
  string,
  {
    readonly create: (url: string, timeoutMs?: number) => WebSearchProvider;
    /** A response with these results. */
    readonly answer: (results: readonly (typeof PAGE)[]) => unknown;
    readonly empty: unknown;
    /** The expected request. */
    readonly request: { readonly path: RegExp; readonly header?: readonly [string, string] };
  }
> = {
  searxng: {
    create: (url, timeoutMs) => createSearxng({ url, timeoutMs }),
    answer: (results) => ({
      query: 'q',
      number_of_results: 0,
      results: results.map(({ url, title, snippet }) => ({
        url,
        title,
        content: snippet.replace('<', '&lt;').replace('>', '&gt;'),
        engine: 'bing',
        engines: ['bing', 'qwant'],
        score: 2,
        category: 'general',
        publishedDate: null,
        thumbnail: null,
      })),
      answers: [],
      corrections: [],
      infoboxes: [],
      suggestions: [],
      unresponsive_engines: [['brave', 'Suspended: too many requests']],
    }),
    empty: { query: 'q', results: [], unresponsive_engines: [] },
    request: { path: /^\/search\?format=json&q=new\+bridges&language=zh-TW&time_range=week$/u },
  },
  brave: {
    create: (url, timeoutMs) => createBrave({ apiKey: KEY, url: `${url}/res/v1/web/search`, timeoutMs }),
    answer: (results) => ({
      type: 'search',
      query: { original: 'q', more_results_available: false },
      mixed: { type: 'mixed', main: [] },
      web: {
        type: 'search',
        results: results.map(({ url, title, snippet }) => ({
          type: 'search_result',
          subtype: 'generic',
          url,
          title,
          description: snippet.replace('<something>', '<strong>&lt;something&gt;</strong>'),
          language: 'en',
          meta_url: { scheme: 'https', hostname: 'a.example' },
        })),
        family_friendly: true,
      },
    }),
    empty: { type: 'search', query: { original: 'q' } },
    request: {
      path: /^\/res\/v1\/web\/search\?q=new\+bridges&count=3&.*search_lang=zh-hant&freshness=pw$/u,
      header: ['x-subscription-token', KEY],
    },
  },
  google: {
    create: (url, timeoutMs) => createGoogle({ apiKey: KEY, cx: 'engine:1', url: `${url}/customsearch/v1`, timeoutMs }),
    answer: (results) => ({
      kind: 'customsearch#search',
      url: { type: 'application/json' },
      searchInformation: { totalResults: '1' },
      items: results.map(({ url, title, snippet }) => ({
        kind: 'customsearch#result',
        link: url,
        title,
        htmlTitle: `<b>${title}</b>`,
        snippet: snippet.replace('<', '&lt;').replace('>', '&gt;'),
        displayLink: 'a.example',
      })),
    }),
    empty: { kind: 'customsearch#search', searchInformation: { totalResults: '0' } },
    request: {
      path: /^\/customsearch\/v1\?key=key-that-nobody-may-see&cx=engine%3A1&q=new\+bridges&num=3&lr=lang_zh-TW&dateRestrict=w1$/u,
    },
  },
  news: {
    create: (url, timeoutMs) =>
      createNewsApi({
        apiKey: KEY,
        url: `${url}/v2/everything`,
        timeoutMs,
        now: () => Date.parse('2026-03-10T12:00:00Z'),
      }),
    answer: (results) => ({
      status: 'ok',
      totalResults: results.length,
      articles: [
        ...results.map(({ url, title, snippet }) => ({
          source: { id: null, name: 'A' },
          author: null,
          title,
          description: snippet.replace('<', '&lt;').replace('>', '&gt;'),
          url,
          urlToImage: null,
          publishedAt: '2026-03-09T08:00:00Z',
          content: null,
        })),
        {
          source: { id: null, name: '[Removed]' },
          title: '[Removed]',
          description: '[Removed]',
          url: 'https://removed.com',
          publishedAt: '1970-01-01T00:00:00Z',
        },
      ],
    }),
    empty: { status: 'ok', totalResults: 0, articles: [] },
    request: {
      path: /^\/v2\/everything\?q=new\+bridges&pageSize=3&sortBy=relevancy&language=zh&from=2026-03-03T12%3A00%3A00$/u,
      header: ['x-api-key', KEY],
    },
  },
};

describe.each(Object.entries(providers))('%s', (name, { create, answer, empty, request }) => {
  const served = async (listener: RequestListener, timeoutMs?: number) => {
    const server = await startLocalServer(listener);
    return { server, provider: create(server.url, timeoutMs) };
  };
  const failing = async (listener: RequestListener, timeoutMs?: number): Promise<unknown> => {
    const { server, provider } = await served(listener, timeoutMs);
    await using _ = server;
    const error: unknown = await provider.search({ query: 'q' }, { signal }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(KEY);
    expect(String(error)).not.toContain('\n');
    return error;
  };

  it('is asked as documented, and gives what it found', async () => {
    const headers: (string | string[] | undefined)[] = [];
    const { server, provider } = await served(({ headers: given }, response) => {
      headers.push(given[request.header?.[0] ?? ''], given['user-agent']);
      send(
        response,
        200,
        answer([PAGE, { ...PAGE, url: 'ftp://a.example/x' }, { ...PAGE, url: 'https://b.example/' }, PAGE, PAGE]),
      );
    });
    await using _ = server;
    const found = await provider.search(
      { query: 'new bridges', limit: 3, language: 'zh-TW', freshness: 'week' },
      { signal },
    );
    expect(found).toMatchObject([PAGE, { url: 'https://b.example/' }, PAGE]);
    expect(server.requests[0]).toMatch(request.path);
    expect(headers).toEqual([request.header?.[1], 'colloquy']);
    expect(provider.name).toBe(name);
  });

  /** Odd results that search engines have returned, or might return. */
  const odd: readonly unknown[] = [
    { url: null, title: '', content: '', template: 'keyvalue.html', kvmap: { a: 'b' } },
    {},
    null,
    'text',
    { url: '', link: '', title: 'No address' },
    { url: 7, link: ['https://a.example/'], title: 'Another type' },
    { url: 'ftp://a.example/x', link: 'magnet:?xt=urn:btih:1', title: 'Not of the web' },
    { url: 'not an address', link: 'not an address', title: 'x' },
  ];
  const withResults = (results: readonly unknown[]): unknown =>
    JSON.parse(
      JSON.stringify(answer([PAGE]), (key, value: unknown) =>
        Array.isArray(value) && /^(?:results|items|articles)$/u.test(key)
          ? [...results.slice(0, 4), ...value.slice(0, 1), ...results.slice(4)]
          : value,
      ),
    );
  const only = (results: readonly unknown[]): unknown =>
    JSON.parse(
      JSON.stringify(answer([PAGE]), (key, value: unknown) =>
        Array.isArray(value) && /^(?:results|items|articles)$/u.test(key) ? results : value,
      ),
    );

  it('gives odd results beside others, which are left out', async () => {
    const { server, provider } = await served((_request, response) => send(response, 200, withResults(odd)));
    await using _ = server;
    expect(await provider.search({ query: 'q' }, { signal })).toMatchObject([PAGE]);
  });

  it.each(odd.map((result) => [result]))('gives nothing but an odd result, %j, and is not believed', async (result) => {
    expect(await failing((_request, response) => send(response, 200, only([result, result])))).toMatchObject({
      kind: 'malformed',
      isRetryable: false,
      message: expect.stringContaining('none of 2 can be used') as string,
    });
  });

  it.each([null, 7, ['x'], 'soon', '0000-99-99', undefined])(
    'gives %j where a title, a text or a date should be',
    async (value) => {
      const result = {
        url: PAGE.url,
        link: PAGE.url,
        title: value,
        content: value,
        description: value,
        snippet: value,
        publishedDate: value,
        publishedAt: value,
        page_age: value,
        extra_snippets: value,
        source: value,
      };
      const { server, provider } = await served((_request, response) => send(response, 200, only([result])));
      await using _ = server;
      const found = await provider.search({ query: 'q' }, { signal });
      expect(found).toMatchObject([{ url: PAGE.url, title: typeof value === 'string' ? value : '' }]);
      expect(found[0]).not.toHaveProperty('publishedAt');
    },
  );

  it('may find nothing', async () => {
    const { server, provider } = await served((_request, response) => send(response, 200, empty));
    await using _ = server;
    expect(await provider.search({ query: 'q' }, { signal })).toEqual([]);
  });

  it('unpacks answers', async () => {
    const { server, provider } = await served((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(answer([PAGE]))));
    });
    await using _ = server;
    expect(await provider.search({ query: 'q' }, { signal })).toHaveLength(1);
  });

  it.each([
    ['an HTML page', '<!doctype html>', 'malformed', false],
    ['JSON of another shape', '{"results":7,"status":"ok"}', 'malformed', false],
    ['half of its answer', '{"results":[', 'malformed', false],
    ['nothing', '', 'malformed', false],
  ])('gives %s', async (_what, body, kind, isRetryable) => {
    expect(await failing((_request, response) => send(response, 200, body))).toMatchObject({ kind, isRetryable });
  });

  it.each([
    ['more than anybody reads', 'x'.repeat(1000)],
    ['a bomb', gzipSync(Buffer.alloc(100_000_000))],
  ])('gives %s', async (_what, chunk) => {
    const error = await failing((_request, response) => {
      const isPacked = typeof chunk !== 'string';
      response.writeHead(200, { 'content-type': 'application/json', ...(isPacked && { 'content-encoding': 'gzip' }) });
      if (isPacked) return void response.end(chunk);
      const write = (): void => {
        while (response.writable && response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    expect(error).toMatchObject({ kind: 'malformed' });
  });

  it.each([
    ['seconds', '7', 7000, true],
    ['a day', '86400', 86_400_000, false],
    ['a date long past', 'Wed, 21 Oct 2015 07:28:00 GMT', 0, true],
    ['nonsense', 'soon', undefined, true],
  ])('limits requests, with a Retry-After of %s', async (_what, header, retryAfterMs, isRetryable) => {
    const error = await failing((_request, response) => send(response, 429, '', { 'retry-after': header }));
    expect(error).toMatchObject({ kind: 'rate-limited', isRetryable });
    expect((error as { options: { retryAfterMs?: number } }).options.retryAfterMs).toBe(retryAfterMs);
  });

  it.each([
    [500, 'unavailable', true],
    [503, 'unavailable', true],
    [408, 'unavailable', true],
    [404, 'refused', false],
    [301, 'refused', false],
  ])('answers with %i', async (status, kind, isRetryable) => {
    const error = await failing((_request, response) =>
      send(response, status, '<html>', { location: 'http://169.254.169.254/' }),
    );
    expect(error).toMatchObject({ kind, isRetryable });
  });

  it('is late, with headers or body', async () => {
    for (const isStarted of [false, true]) {
      const error = await failing((_request, response) => {
        if (isStarted) response.writeHead(200).write('{');
      }, 150);
      expect(error).toMatchObject({ kind: 'timed-out', isRetryable: true });
    }
  });

  it('is not there, or breaks the connection', async () => {
    const broken = await failing((_request, response) => response.destroy());
    expect(broken).toMatchObject({ kind: 'unreachable', isRetryable: true });
    await expect(create('http://127.0.0.1:1').search({ query: 'q' }, { signal })).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  });

  it('is left at once when the caller gives up', async () => {
    const { server, provider } = await served(() => undefined);
    await using _ = server;
    const caller = new AbortController();
    setTimeout(() => caller.abort(new Error('stopped')), 50);
    await expect(provider.search({ query: 'q' }, { signal: caller.signal })).rejects.toThrow('stopped');
  });
});

describe('faults of their own', () => {
  const braveFault = (code: string, status: number) => ({
    type: 'ErrorResponse',
    error: { id: '1', status, code, detail: `Detail of ${code}.`, meta: { component: 'authentication' } },
    time: 1,
  });
  const google = (code: number, reason: string, more: object = {}) => ({
    error: { code, message: `Message, ${KEY}.`, errors: [{ message: 'm', domain: 'global', reason }], ...more },
  });
  const news = (code: string) => ({ status: 'error', code, message: 'Said.' });

  it.each([
    ['searxng', 403, '<h1>Forbidden</h1>', 'refused', /must list "json" under search\.formats/u],
    ['brave', 422, braveFault('SUBSCRIPTION_TOKEN_INVALID', 422), 'bad-key', /COLLOQUY_BRAVE_API_KEY/u],
    [
      'brave',
      422,
      { type: 'ErrorResponse', errors: [braveFault('SUBSCRIPTION_TOKEN_INVALID', 422).error] },
      'bad-key',
      /SUBSCRIPTION/u,
    ],
    ['brave', 422, { error: { code: 'SUBSCRIPTION_TOKEN_INVALID' } }, 'bad-key', /SUBSCRIPTION_TOKEN_INVALID/u],
    ['brave', 422, { errors: [{ code: 'SUBSCRIPTION_TOKEN_INVALID', detail: [1] }, null] }, 'bad-key', /SUBSCRIPTION/u],
    ['brave', 404, braveFault('SUBSCRIPTION_NOT_FOUND', 404), 'bad-key', /SUBSCRIPTION_NOT_FOUND/u],
    ['brave', 422, braveFault('VALIDATION', 422), 'refused', /\(VALIDATION: Detail of VALIDATION\)/u],
    [
      'google',
      400,
      google(400, 'badRequest', { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] }),
      'bad-key',
      /COLLOQUY_GOOGLE_API_KEY/u,
    ],
    ['google', 403, { error: { message: 'Said.', errors: 'x', details: [{ '@type': 'y' }] } }, 'bad-key', /Said/u],
    [
      'google',
      400,
      { error: { message: null, details: [{}, { reason: 'API_KEY_INVALID' }] } },
      'bad-key',
      /COLLOQUY_GOOGLE_API_KEY/u,
    ],
    ['google', 400, google(400, 'badRequest'), 'refused', /COLLOQUY_GOOGLE_CX/u],
    ['google', 403, google(403, 'accessNotConfigured'), 'bad-key', /may use the Custom Search API/u],
    ['google', 403, google(403, 'dailyLimitExceeded'), 'rate-limited', /100 searches a day/u],
    ['google', 429, google(429, 'rateLimitExceeded', { status: 'RESOURCE_EXHAUSTED' }), 'rate-limited', /Message/u],
    ['news', 401, news('apiKeyInvalid'), 'bad-key', /COLLOQUY_NEWS_API_KEY/u],
    ['news', 401, { status: 'error', code: 'apiKeyInvalid', message: [] }, 'bad-key', /apiKeyInvalid/u],
    ['news', 429, news('rateLimited'), 'rate-limited', /rateLimited: Said/u],
    ['news', 429, news('apiKeyExhausted'), 'rate-limited', /apiKeyExhausted/u],
    ['news', 400, news('parameterInvalid'), 'refused', /parameterInvalid/u],
    ['news', 426, news('parameterInvalid'), 'refused', /426/u],
    ['news', 500, news('unexpectedError'), 'unavailable', /unexpectedError/u],
  ])('%s %i %j is %s', async (name, status, body, kind, message) => {
    await using server = await startLocalServer((_request, response) => send(response, status, body));
    const error: unknown = await providers[name]
      ?.create(server.url)
      .search({ query: 'q' }, { signal })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ kind, message: expect.stringMatching(message) as string });
    expect(String(error)).not.toContain(KEY);
  });

  it.each([
    ['1, 0', '1, 1419704', 1_419_704_000, false],
    ['0, 1000', '1, 1419704', 1000, true],
  ])('Brave tells by windows when it may be asked again: %s', async (remaining, reset, retryAfterMs, isRetryable) => {
    await using server = await startLocalServer((_request, response) =>
      send(response, 429, braveFault('RATE_LIMITED', 429), {
        'x-ratelimit-remaining': remaining,
        'x-ratelimit-reset': reset,
      }),
    );
    const brave = createBrave({ apiKey: KEY, url: server.url });
    await expect(brave.search({ query: 'q' }, { signal })).rejects.toMatchObject({
      isRetryable,
      options: { retryAfterMs },
    });
  });

  it('Brave gets no longer query than it takes', async () => {
    await using server = await startLocalServer((_request, response) => send(response, 200, { type: 'search' }));
    const brave = createBrave({ apiKey: KEY, url: server.url });
    await brave.search({ query: 'word '.repeat(60) }, { signal });
    await brave.search({ query: `${'x'.repeat(399)}😀` }, { signal });
    const queries = server.requests.map((path) => new URL(path, server.url).searchParams.get('q') ?? '');
    expect(queries.map((query) => query.split(' ').length)).toEqual([50, 1]);
    expect(queries[1]).toBe('x'.repeat(399));
  });

  it('SearXNG that finds nothing because its engines are silent says so', async () => {
    const body = {
      results: [],
      unresponsive_engines: [
        ['brave', 'too many requests'],
        ['google', 'CAPTCHA'],
      ],
    };
    await using server = await startLocalServer((_request, response) => send(response, 200, body));
    await expect(createSearxng({ url: server.url }).search({ query: 'q' }, { signal })).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'SearXNG found nothing, and engines did not answer: brave (too many requests), google (CAPTCHA).',
    });
  });

  it('SearXNG may be below a path, and want a password', async () => {
    let authorization: string | undefined;
    await using server = await startLocalServer((request, response) => {
      authorization = request.headers.authorization;
      send(response, 200, { results: [] });
    });
    const url = `${server.url.replace('//', '//me:p%40ss@')}/searx/`;
    await createSearxng({ url }).search({ query: 'q' }, { signal });
    expect(server.requests).toEqual(['/searx/search?format=json&q=q']);
    expect(authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });
});

describe('settings', () => {
  const none = {
    searxngUrl: undefined,
    braveApiKey: undefined,
    googleApiKey: undefined,
    googleCx: undefined,
    newsApiKey: undefined,
  };

  it('tell which providers can be used, SearXNG first', () => {
    expect(usableProviders(none)).toEqual([]);
    const some = { ...none, newsApiKey: 'n', googleApiKey: 'g', searxngUrl: 'http://10.0.0.1:8080' };
    expect(usableProviders(some).map(({ name }) => name)).toEqual(['searxng', 'news']);
    expect(usableProviders({ ...some, googleCx: 'c', braveApiKey: 'b' }).map(({ name }) => name)).toEqual(
      Object.keys(providers),
    );
    expect(providerStates(some).find(({ name }) => name === 'google')).toMatchObject({
      missing: ['COLLOQUY_GOOGLE_CX'],
      isBegun: true,
    });
  });
});
