import { z } from 'zod';
import { askProvider, firstResults, resultLimit, webResult } from './ask-provider.js';
import { pageUrlSchema, resultList, sayingSchema } from './result-list.js';
import type { ProviderOptions, WebSearchProvider } from './web-search-provider.js';

// source: https://api-dashboard.search.brave.com/api-reference/web/search/get
const SERVICE = 'https://api.search.brave.com/res/v1/web/search';
const MAX_RESULTS = 20;
const FRESHNESS = { day: 'pd', week: 'pw', month: 'pm', year: 'py' } as const;

const answerSchema = z.object({
  type: z.literal('search'),
  /** Missing if nothing was found. */
  web: z
    .object({
      results: resultList(
        z.object({
          url: pageUrlSchema,
          title: sayingSchema,
          description: sayingSchema,
          extra_snippets: z.array(sayingSchema).nullish().catch(undefined),
          page_age: sayingSchema,
        }),
      ).nullish(),
    })
    .nullish(),
});

const detailSchema = z.object({ code: z.string(), detail: z.string().nullish().catch(undefined) });
/** Brave's reference says `error`, its examples say `errors`. */
const faultSchema = z.union([
  z.object({ error: detailSchema }).transform(({ error }) => error),
  z.object({ errors: z.tuple([detailSchema], z.unknown()) }).transform(({ errors }) => errors[0]),
]);

export function createBrave({ apiKey, url = SERVICE, timeoutMs }: ProviderOptions & { readonly apiKey: string }) {
  const provider: WebSearchProvider = {
    name: 'brave',
    async search(request, { signal }) {
      const target = new URL(url);
      target.searchParams.set('q', shortened(request.query));
      target.searchParams.set('count', String(resultLimit(request, MAX_RESULTS)));
      target.searchParams.set('text_decorations', 'false');
      target.searchParams.set('result_filter', 'web');
      if (request.language !== undefined) target.searchParams.set('search_lang', searchLanguage(request.language));
      if (request.freshness !== undefined) target.searchParams.set('freshness', FRESHNESS[request.freshness]);
      const { web } = await askProvider(
        {
          title: 'Brave',
          url: target,
          headers: { 'x-subscription-token': apiKey },
          schema: answerSchema,
          timeoutMs,
          kindOf(status, body) {
            const fault = faultSchema.safeParse(body).data;
            // A wrong key is a 422 and a missing subscription a 404, like other errors of a request.
            const isOfKey = fault && /^SUBSCRIPTION_|^RESOURCE_NOT_ALLOWED$/u.test(fault.code);
            return isOfKey && (status === 422 || status === 404 || status === 400) ? 'bad-key' : undefined;
          },
          detailOf(body) {
            const fault = faultSchema.safeParse(body).data;
            return fault && `${fault.code}: ${fault.detail ?? ''}`;
          },
          advice: { 'bad-key': 'Set COLLOQUY_BRAVE_API_KEY to a key of the Search plan.' },
        },
        signal,
      );
      return firstResults(
        (web?.results ?? []).map((one) =>
          webResult(
            one.url,
            one.title ?? '',
            [one.description ?? '', ...(one.extra_snippets ?? [])].join(' '),
            one.page_age,
          ),
        ),
        request,
      );
    },
  };
  return provider;
}

/** Brave allows at most 400 characters and 50 words. */
function shortened(query: string): string {
  return query
    .trim()
    .split(/\s+/u)
    .slice(0, 50)
    .join(' ')
    .slice(0, 400)
    .replace(/[\uD800-\uDBFF]$/u, '');
}

function searchLanguage(language: string): string {
  const [base = '', ...rest] = language.toLowerCase().split('-');
  if (base !== 'zh') return base;
  return rest.some((part) => /^(?:hant|tw|hk|mo)$/u.test(part)) ? 'zh-hant' : 'zh-hans';
}
