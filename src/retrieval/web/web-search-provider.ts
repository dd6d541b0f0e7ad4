/** Finds pages of the web for a query. */
export interface WebSearchProvider {
  /** In lower case, e.g. `searxng`. */
  readonly name: string;
  /**
   * Results, best first; none when there are none.
   *
   * @throws {WebSearchError} for all that can be foreseen; the signal's reason when it aborts.
   */
  search(request: WebSearchRequest, options: { readonly signal: AbortSignal }): Promise<WebSearchResult[]>;
}

export interface WebSearchRequest {
  readonly query: string;
  /** Default: `DEFAULT_WEB_RESULTS`. A provider may have a lower limit of its own. */
  readonly limit?: number;
  /** Of the pages, as in BCP 47, e.g. `en`, `zh`, `zh-TW`. Default: the provider's. Ignored where it does not know the language. */
  readonly language?: string;
  /** How old pages may be, at most. Default: any age. */
  readonly freshness?: 'day' | 'week' | 'month' | 'year';
}

/** What somebody on the web says: nothing of it can be trusted. */
export interface WebSearchResult {
  /** Of `http:` or `https:`. */
  readonly url: string;
  readonly title: string;
  /** Plain text, on one line. */
  readonly snippet: string;
  /** As the provider tells it, mostly ISO 8601. */
  readonly publishedAt?: string;
}

export const DEFAULT_WEB_RESULTS = 10;

/** What all providers are made with. */
export interface ProviderOptions {
  /** Where it is. Default: the provider's own service. */
  readonly url?: string;
  /** Of a whole search. Default: `DEFAULT_SEARCH_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export const DEFAULT_SEARCH_TIMEOUT_MS = 8_000;
