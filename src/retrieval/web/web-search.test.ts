import { describe, expect, it } from 'vitest';
import { GuardedFetchError } from '../../net/guarded-fetch-error.js';
import type { PageReader } from './page-reader.js';
import { WebSearchError } from './web-search-error.js';
import type { WebSearchProvider } from './web-search-provider.js';
import { searchWeb } from './web-search.js';

const signal = new AbortController().signal;
const provider = (name: string, found: readonly string[] | Error): WebSearchProvider => ({
  name,
  search: () =>
    found instanceof Error
      ? Promise.reject(found)
      : Promise.resolve(found.map((url) => ({ url, title: `Title ${url}`, snippet: `Snippet of ${url}` }))),
});
/** All pages have a text, except those with `broken` or `empty` in their URL. */
const pages: PageReader = {
  read: (url) => {
    if (url.includes('broken')) return Promise.reject(new GuardedFetchError('timed-out', `${url} is late.`));
    const text = url.includes('empty') ? '' : `Text of ${url}`;
    return Promise.resolve({
      url,
      contentHash: 'h',
      document: { title: '', mediaType: 'text/html', text, headings: [] },
    });
  },
};
const limited = new WebSearchError('rate-limited', 'Too many.');
const badKey = new WebSearchError('bad-key', 'No.');

describe('searchWeb', () => {
  it('fuses what all find, each page once', async () => {
    const found = await searchWeb(
      { query: 'q' },
      {
        providers: [
          provider('one', ['https://a.example/', 'https://b.example/x', 'https://c.example/']),
          provider('two', ['https://d.example/', 'https://b.example/x#part', 'https://b.example/x/']),
        ],
        pages,
        maxPages: 3,
      },
      { signal },
    );
    expect(found.failures).toEqual([]);
    expect(found.documents.map(({ info }) => [info.uri, info.metadata['provider']])).toEqual([
      ['https://b.example/x', 'one'],
      ['https://a.example/', 'one'],
      ['https://d.example/', 'two'],
    ]);
    expect(found.documents[0]).toMatchObject({
      info: { title: 'Title https://b.example/x', mediaType: 'text/html', metadata: { text: 'page' } },
      document: { text: 'Text of https://b.example/x' },
    });
  });

  it('names what failed, and uses the rest', async () => {
    const urls = ['https://broken.example/', 'https://empty.example/', 'https://a.example/'];
    const { documents, failures } = await searchWeb(
      { query: 'q' },
      { providers: [provider('one', limited), provider('two', urls)], pages },
      { signal },
    );
    expect(failures).toEqual([
      { source: 'one', reason: 'Too many.' },
      { source: urls[0], reason: 'https://broken.example/ is late.' },
      { source: urls[1], reason: 'https://empty.example/ holds no text.' },
    ]);
    expect(documents.map(({ info, document }) => [info.metadata['text'], document.text])).toEqual([
      ['snippet', 'Snippet of https://broken.example/'],
      ['snippet', 'Snippet of https://empty.example/'],
      ['page', 'Text of https://a.example/'],
    ]);
  });

  it('finds nothing when nothing is found', async () => {
    const found = await searchWeb({ query: 'q' }, { providers: [provider('one', [])], pages }, { signal });
    expect(found).toEqual({ documents: [], failures: [] });
  });

  it('fails when none answers, with the error that may pass', async () => {
    const search = (...providers: WebSearchProvider[]) => searchWeb({ query: 'q' }, { providers, pages }, { signal });
    await expect(search(provider('one', badKey), provider('two', limited))).rejects.toBe(limited);
    await expect(search(provider('one', badKey))).rejects.toBe(badKey);
    await expect(search()).rejects.toMatchObject({ kind: 'refused', isRetryable: false });
  });

  it('stops with the signal', async () => {
    const stopped = { signal: AbortSignal.abort(new Error('stopped')) };
    const asked = { providers: [provider('one', limited)], pages };
    await expect(searchWeb({ query: 'q' }, asked, stopped)).rejects.toThrow('stopped');
  });
});
