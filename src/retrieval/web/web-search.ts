import { createHash } from 'node:crypto';
import { fuseLists } from '../../domain/knowledge/rank-lists.js';
import type { DocumentInfo, ParsedDocument, SearchResult } from '../../domain/knowledge/retrieval.js';
import { GuardedFetchError } from '../../net/guarded-fetch-error.js';
import type { PageReader } from './page-reader.js';
import { WebSearchError } from './web-search-error.js';
import type { WebSearchProvider, WebSearchRequest, WebSearchResult } from './web-search-provider.js';

/** A page found by a search, to be cut into chunks and ranked. */
export interface WebDocument {
  /** `metadata` contains `provider`, `publishedAt` if it is known, and `text`: `page`, or `snippet` if the page could not be read. */
  readonly info: DocumentInfo;
  readonly document: ParsedDocument;
}

export interface WebSearchOutcome {
  /** Best first. */
  readonly documents: readonly WebDocument[];
  /** Providers and pages that failed; the others were used. */
  readonly failures: SearchResult['failures'];
}

export interface WebSearchOptions {
  readonly providers: readonly WebSearchProvider[];
  readonly pages: PageReader;
  /** Maximum number of pages to read. Default: `DEFAULT_PAGES`. */
  readonly maxPages?: number;
}

/** Enough for three documents even if some pages cannot be read. */
export const DEFAULT_PAGES = 6;

/**
 * Asks all providers at once, fuses their results by rank, and reads the best pages. If a page cannot be read, its snippet is used instead.
 *
 * @throws {WebSearchError} if no provider responds: the first error that may be retried, otherwise the first; `refused` if there are no
 *   providers. The signal's reason when it aborts.
 */
export async function searchWeb(
  request: WebSearchRequest,
  { providers, pages, maxPages = DEFAULT_PAGES }: WebSearchOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<WebSearchOutcome> {
  if (providers.length === 0) {
    throw new WebSearchError(
      'refused',
      'No web search is set up. Set COLLOQUY_SEARXNG_URL, or the key of another provider.',
    );
  }
  const answers = await Promise.all(
    providers.map(async (provider) => {
      const { name } = provider;
      try {
        return { name, results: await provider.search(request, { signal }) };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof WebSearchError)) throw error;
        return { name, results: [], error };
      }
    }),
  );
  const errors = answers.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first !== undefined && errors.length === answers.length) throw errors.find((one) => one.isRetryable) ?? first;

  const found = fuse(answers).slice(0, maxPages);
  const read = await Promise.all(
    found.map(async ({ result, provider }) => {
      try {
        const { document, contentHash, url } = await pages.read(result.url, { signal });
        if (document.text.trim() === '') throw new GuardedFetchError('not-text', `${url} holds no text.`);
        return { web: documentOf(result, provider, document, contentHash) };
      } catch (error) {
        signal.throwIfAborted();
        const reason = error instanceof Error ? error.message : String(error);
        return { web: snippetOf(result, provider), failure: { source: result.url, reason } };
      }
    }),
  );
  return {
    documents: read.flatMap(({ web }) => web ?? []),
    failures: [
      ...answers.flatMap(({ name, error }) => (error === undefined ? [] : [{ source: name, reason: error.message }])),
      ...read.flatMap(({ failure }) => failure ?? []),
    ],
  };
}

/** Ranks pages by the sum of their reciprocal ranks. Each page counts once, even if providers name different fragments of it. */
function fuse(answers: readonly { readonly name: string; readonly results: readonly WebSearchResult[] }[]) {
  const lists = answers.map(({ name, results }) => results.map((result) => ({ result, provider: name })));
  return fuseLists(lists, ({ result }) => result.url.replace(/#.*$/su, '').replace(/\/$/u, '')).map(({ item }) => item);
}

function documentOf(
  { url, title, publishedAt }: WebSearchResult,
  provider: string,
  document: ParsedDocument,
  contentHash: string,
  text: 'page' | 'snippet' = 'page',
): WebDocument {
  const metadata = { provider, text, ...(publishedAt !== undefined && { publishedAt }) };
  const known = document.title === '' || document.title === url ? title || url : document.title;
  return { info: { uri: url, title: known, mediaType: document.mediaType, contentHash, metadata }, document };
}

function snippetOf(result: WebSearchResult, provider: string): WebDocument | undefined {
  const { snippet, title } = result;
  if (snippet === '') return undefined;
  const text = snippet.normalize('NFC').toWellFormed();
  const contentHash = createHash('sha256').update(text).digest('hex');
  return documentOf(result, provider, { title, mediaType: 'text/plain', text, headings: [] }, contentHash, 'snippet');
}
