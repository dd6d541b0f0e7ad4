import type { z } from 'zod';
import { excerpt } from '../../domain/text.js';
import { BodyError, readBody } from '../../net/read-body.js';
import { reasonOf } from '../../net/reason-of.js';
import { parseRetryAfter } from '../../net/retry-after.js';
import { snippetText } from '../parse/html/snippet-text.js';
import { WebSearchError, type WebSearchErrorKind } from './web-search-error.js';
import { DEFAULT_SEARCH_TIMEOUT_MS, DEFAULT_WEB_RESULTS } from './web-search-provider.js';
import type { WebSearchRequest, WebSearchResult } from './web-search-provider.js';

export interface ProviderQuestion<T> {
  /** Name for messages, e.g. `Brave`. */
  readonly title: string;
  /** May contain a key, so it never appears in messages. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Schema of a successful response. */
  readonly schema: z.ZodType<T>;
  readonly timeoutMs?: number;
  /** Meaning of a status if it differs from the usual one. `body` is the response body, if it was JSON. */
  readonly kindOf?: (status: number, body: unknown) => WebSearchErrorKind | undefined;
  /** The provider's own error message. */
  readonly detailOf: (body: unknown) => string | undefined;
  /** What the user should do, as a sentence. */
  readonly advice?: Partial<Readonly<Record<WebSearchErrorKind, string>>>;
}

const MAX_ANSWER_BYTES = 2_000_000;
const MAX_DETAIL_LENGTH = 200;

/**
 * Asks a provider once; the caller retries. Does not follow redirects, because they would take the key elsewhere.
 *
 * @throws {WebSearchError}; the signal's reason when it aborts.
 */
export async function askProvider<T>(question: ProviderQuestion<T>, signal: AbortSignal): Promise<T> {
  const { title, url, headers, schema, timeoutMs = DEFAULT_SEARCH_TIMEOUT_MS } = question;
  const deadline = AbortSignal.timeout(timeoutMs);
  const fail = (kind: WebSearchErrorKind, what: string, options: WebSearchError['options'] = {}): WebSearchError => {
    const advice = question.advice?.[kind];
    return new WebSearchError(kind, `${title} ${what}.${advice === undefined ? '' : ` ${advice}`}`, options);
  };
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': 'colloquy', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([signal, deadline]),
    });
    const bytes = await readBody(response.body, { maxBytes: MAX_ANSWER_BYTES });
    const body = parseJson(bytes.toString('utf8'));
    if (!response.ok) {
      const { status } = response;
      const kind = question.kindOf?.(status, body) ?? usualKindOf(status);
      const detail = excerpt(question.detailOf(body) ?? '', MAX_DETAIL_LENGTH);
      const retryAfterMs = kind === 'rate-limited' || kind === 'unavailable' ? waitOf(response.headers) : undefined;
      throw fail(kind, `answers with status ${status}${detail === '' ? '' : ` (${detail.replace(/\.$/u, '')})`}`, {
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
    }
    if (body === undefined) throw fail('malformed', 'sent a response that is not JSON');
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw fail('malformed', `gave JSON of another shape (${issue?.path.join('.')}: ${issue?.message})`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WebSearchError) throw error;
    if (error instanceof BodyError) throw fail('malformed', `gave more than ${MAX_ANSWER_BYTES} bytes`);
    if (deadline.aborted) throw fail('timed-out', `did not answer within ${timeoutMs} ms`);
    throw fail('unreachable', `cannot be reached at ${url.host} (${reasonOf(error)})`, { cause: error });
  }
}

/**
 * A result with its title and snippet as plain text.
 *
 * @param url of a web page
 * @param publishedAt left out if it is not a date
 */
export function webResult(url: string, title: string, snippet: string, publishedAt?: string | null): WebSearchResult {
  const isDate = typeof publishedAt === 'string' && !Number.isNaN(Date.parse(publishedAt));
  return {
    url: new URL(url).href,
    title: excerpt(snippetText(title), 200),
    snippet: excerpt(snippetText(snippet), 1000),
    ...(isDate && { publishedAt: excerpt(publishedAt, 40) }),
  };
}

/** The requested number of results. */
export function firstResults(results: readonly WebSearchResult[], request: WebSearchRequest): WebSearchResult[] {
  return results.slice(0, resultLimit(request));
}

/** The requested number, at least 1 and at most the provider's maximum. */
export function resultLimit({ limit = DEFAULT_WEB_RESULTS }: WebSearchRequest, most = 100): number {
  return Math.max(1, Math.min(limit, most));
}

function usualKindOf(status: number): WebSearchErrorKind {
  if (status === 401 || status === 403) return 'bad-key';
  if (status === 429) return 'rate-limited';
  return status >= 500 || status === 408 ? 'unavailable' : 'refused';
}

/**
 * `Retry-After`, in seconds or as a date; without it, the reset time of the exhausted window, in Brave's headers.
 *
 * source: RFC 9110, 10.2.3; https://api.search.brave.com/app/documentation/web-search/response-headers
 */
function waitOf(headers: Headers): number | undefined {
  const given = headers.get('retry-after');
  if (given !== null) return parseRetryAfter(given, { longestMs: Infinity });
  const list = (name: string): number[] | undefined => headers.get(name)?.split(',').map(Number);
  const resets = list('x-ratelimit-reset') ?? [];
  const usedUp = (list('x-ratelimit-remaining') ?? []).lastIndexOf(0);
  const seconds = resets[Math.max(0, usedUp)];
  return seconds === undefined || Number.isNaN(seconds) ? undefined : seconds * 1000;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
