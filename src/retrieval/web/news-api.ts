import { z } from 'zod';
import { askProvider, firstResults, resultLimit, webResult } from './ask-provider.js';
import { pageUrlSchema, resultList, sayingSchema } from './result-list.js';
import type { ProviderOptions, WebSearchProvider, WebSearchRequest } from './web-search-provider.js';

// source: https://newsapi.org/docs/endpoints/everything and https://newsapi.org/docs/errors
const SERVICE = 'https://newsapi.org/v2/everything';
const MAX_RESULTS = 100;
const MAX_QUERY_LENGTH = 500;
const LANGUAGES = new Set('ar de en es fr he it nl no pt ru sv ud zh'.split(' '));
const DAYS = { day: 1, week: 7, month: 30, year: 365 } as const;
const KEY_FAULTS = new Set(['apiKeyDisabled', 'apiKeyInvalid', 'apiKeyMissing']);

const answerSchema = z.object({
  status: z.literal('ok'),
  articles: resultList(
    z.object({
      title: sayingSchema,
      description: sayingSchema,
      url: pageUrlSchema,
      publishedAt: sayingSchema,
      /** The first 200 characters of the article. */
      content: sayingSchema,
    }),
  ),
});
const faultSchema = z.object({
  status: z.literal('error'),
  code: z.string(),
  message: z.string().nullish().catch(undefined),
});

/** Articles of NewsAPI.org, newest and most relevant first. */
export function createNewsApi({
  apiKey,
  url = SERVICE,
  timeoutMs,
  now = Date.now,
}: ProviderOptions & { readonly apiKey: string; readonly now?: () => number }): WebSearchProvider {
  return {
    name: 'news',
    async search(request, { signal }) {
      const { articles } = await askProvider(
        {
          title: 'NewsAPI',
          url: targetOf(url, request, now),
          headers: { 'x-api-key': apiKey },
          schema: answerSchema,
          timeoutMs,
          kindOf(_status, body) {
            const code = faultSchema.safeParse(body).data?.code ?? '';
            if (KEY_FAULTS.has(code)) return 'bad-key';
            return code === 'rateLimited' || code === 'apiKeyExhausted' ? 'rate-limited' : undefined;
          },
          detailOf(body) {
            const fault = faultSchema.safeParse(body).data;
            return fault && `${fault.code}: ${fault.message ?? ''}`;
          },
          advice: {
            'bad-key': 'Set COLLOQUY_NEWS_API_KEY to a key of newsapi.org.',
            'rate-limited': 'The free plan has 100 requests a day.',
          },
        },
        signal,
      );
      return firstResults(
        articles
          // Withdrawn articles stay in the list without their text.
          .filter(({ title }) => title !== '[Removed]')
          .map((one) => webResult(one.url, one.title ?? '', one.description ?? one.content ?? '', one.publishedAt)),
        request,
      );
    },
  };
}

function targetOf(url: string, request: WebSearchRequest, now: () => number): URL {
  const target = new URL(url);
  target.searchParams.set('q', request.query.slice(0, MAX_QUERY_LENGTH).toWellFormed());
  target.searchParams.set('pageSize', String(resultLimit(request, MAX_RESULTS)));
  target.searchParams.set('sortBy', 'relevancy');
  const language = request.language?.toLowerCase().split('-')[0];
  if (language !== undefined && LANGUAGES.has(language)) target.searchParams.set('language', language);
  if (request.freshness !== undefined) {
    const from = new Date(now() - DAYS[request.freshness] * 24 * 3_600_000);
    target.searchParams.set('from', from.toISOString().slice(0, 19));
  }
  return target;
}
