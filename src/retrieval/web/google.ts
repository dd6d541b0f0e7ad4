import { z } from 'zod';
import { askProvider, firstResults, resultLimit, webResult } from './ask-provider.js';
import { pageUrlSchema, resultList, sayingSchema } from './result-list.js';
import type { ProviderOptions, WebSearchProvider } from './web-search-provider.js';

// source: https://developers.google.com/custom-search/v1/reference/rest/v1/cse/list
const SERVICE = 'https://www.googleapis.com/customsearch/v1';
const MAX_RESULTS = 10;
const FRESHNESS = { day: 'd1', week: 'w1', month: 'm1', year: 'y1' } as const;

const answerSchema = z.object({
  kind: z.literal('customsearch#search'),
  /** Missing if nothing was found. */
  items: resultList(z.object({ link: pageUrlSchema, title: sayingSchema, snippet: sayingSchema })).nullish(),
});

// source: https://cloud.google.com/apis/design/errors#http_mapping
const faultSchema = z.object({
  error: z.object({
    message: z.string().nullish().catch(undefined),
    status: z.string().nullish().catch(undefined),
    errors: z
      .array(z.object({ reason: z.string().nullish().catch(undefined) }))
      .nullish()
      .catch(undefined),
    details: z
      .array(z.object({ reason: z.string().nullish().catch(undefined) }))
      .nullish()
      .catch(undefined),
  }),
});

/** Google's Custom Search JSON API, which is only available to existing customers, until January 2027. */
export function createGoogle({
  apiKey,
  cx,
  url = SERVICE,
  timeoutMs,
}: ProviderOptions & {
  readonly apiKey: string;
  /** Id of the search engine. */
  readonly cx: string;
}): WebSearchProvider {
  return {
    name: 'google',
    async search(request, { signal }) {
      const target = new URL(url);
      target.searchParams.set('key', apiKey);
      target.searchParams.set('cx', cx);
      target.searchParams.set('q', request.query);
      target.searchParams.set('num', String(resultLimit(request, MAX_RESULTS)));
      if (request.language !== undefined) target.searchParams.set('lr', `lang_${restriction(request.language)}`);
      if (request.freshness !== undefined) target.searchParams.set('dateRestrict', FRESHNESS[request.freshness]);
      const { items } = await askProvider(
        {
          title: 'Google Custom Search',
          url: target,
          schema: answerSchema,
          timeoutMs,
          kindOf(status, body) {
            const reasons = reasonsOf(body);
            if (reasons.some((reason) => /^API_KEY_|^keyInvalid$/u.test(reason))) return 'bad-key';
            if (reasons.some((reason) => /limitExceeded|RATE_LIMIT_EXCEEDED|quotaExceeded/iu.test(reason)))
              return 'rate-limited';
            return status === 400 ? 'refused' : undefined;
          },
          // Google's messages about a key name the key's project, not the key.
          detailOf: (body) => faultSchema.safeParse(body).data?.error.message?.replaceAll(apiKey, '…'),
          advice: {
            'bad-key': 'Set COLLOQUY_GOOGLE_API_KEY to a key that may use the Custom Search API.',
            refused: 'Is COLLOQUY_GOOGLE_CX the id of a search engine?',
            'rate-limited': 'The free quota is 100 searches a day.',
          },
        },
        signal,
      );
      return firstResults(
        (items ?? []).map((one) => webResult(one.link, one.title ?? '', one.snippet ?? '')),
        request,
      );
    },
  };
}

function reasonsOf(body: unknown): string[] {
  const fault = faultSchema.safeParse(body).data?.error;
  return [...(fault?.errors ?? []), ...(fault?.details ?? [])].flatMap(({ reason }) => reason ?? []);
}

function restriction(language: string): string {
  const [base = '', ...rest] = language.toLowerCase().split('-');
  if (base !== 'zh') return base;
  return rest.some((part) => /^(?:hant|tw|hk|mo)$/u.test(part)) ? 'zh-TW' : 'zh-CN';
}
