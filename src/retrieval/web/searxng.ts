import { z } from 'zod';
import { askProvider, firstResults, resultLimit, webResult } from './ask-provider.js';
import { pageUrlSchema, resultList, sayingSchema } from './result-list.js';
import { WebSearchError } from './web-search-error.js';
import type { ProviderOptions, WebSearchProvider } from './web-search-provider.js';

// source: https://docs.searxng.org/dev/search_api.html
const answerSchema = z.object({
  results: resultList(
    z.object({ url: pageUrlSchema, title: sayingSchema, content: sayingSchema, publishedDate: sayingSchema }),
  ),
  /** Pairs of an engine's name and its error. */
  unresponsive_engines: z.array(z.array(z.string())).nullish().catch(undefined),
});

/** One page has about 20 results, as its engines decide; further results are on further pages. */
const MAX_RESULTS = 20;

/**
 * A self-hosted SearXNG. It may have a private address, because its URL comes from the configuration, not from a model. A user name and
 * password in the URL are sent as basic authentication.
 *
 * @param url of the instance, e.g. `http://searxng.internal:8080`
 */
export function createSearxng({ url, timeoutMs }: ProviderOptions & { readonly url: string }): WebSearchProvider {
  return {
    name: 'searxng',
    async search(request, { signal }) {
      const { target, headers } = searxngEndpoint(url);
      target.searchParams.set('q', request.query);
      if (request.language !== undefined) target.searchParams.set('language', request.language);
      if (request.freshness !== undefined) target.searchParams.set('time_range', request.freshness);
      const { results, unresponsive_engines: silent } = await askProvider(
        {
          title: 'SearXNG',
          url: target,
          headers,
          schema: answerSchema,
          timeoutMs,
          kindOf: (status) => (status === 403 ? 'refused' : undefined),
          detailOf: () => undefined,
          advice: {
            refused:
              'Its settings.yml must list "json" under search.formats, and COLLOQUY_SEARXNG_URL must be its address.',
            malformed: 'Is COLLOQUY_SEARXNG_URL the address of a SearXNG?',
            unreachable: 'Start it, or set COLLOQUY_SEARXNG_URL.',
            'rate-limited': 'Its limiter can be told to let this machine pass.',
          },
        },
        signal,
      );
      if (results.length === 0 && silent && silent.length > 0) {
        // Tells "no results" from "no engine responded", which would otherwise look the same.
        const engines = silent.map(([name = '', ...why]) => `${name} (${why.join(', ')})`).slice(0, 5);
        throw new WebSearchError(
          'unavailable',
          `SearXNG found nothing, and engines did not answer: ${engines.join(', ')}.`,
        );
      }
      return firstResults(
        results.map((one) => webResult(one.url, one.title ?? '', one.content ?? '', one.publishedDate)),
        { ...request, limit: resultLimit(request, MAX_RESULTS) },
      );
    },
  };
}

/** The JSON endpoint of an instance, without a query, and the headers for authentication. */
export function searxngEndpoint(url: string): { readonly target: URL; readonly headers: Record<string, string> } {
  const target = new URL(`${url.replace(/[?#].*$/su, '').replace(/\/+$/u, '')}/search?format=json`);
  const { username, password } = target;
  target.username = '';
  target.password = '';
  if (username === '' && password === '') return { target, headers: {} };
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { target, headers: { authorization: `Basic ${credentials.toString('base64')}` } };
}
