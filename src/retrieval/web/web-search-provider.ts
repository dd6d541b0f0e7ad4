/** Finds pages of the web for a query. */
export interface WebSearchProvider {
  /** In lower case, e.g. `searxng`. */
  readonly name: string;
  /**
   * Returns results, best first; empty if there are none.
   *
   * @throws {WebSearchError} for all foreseeable failures; the signal's reason when it aborts.
   */
  search(request: WebSearchRequest, options: { readonly signal: AbortSignal }): Promise<WebSearchResult[]>;
}

export interface WebSearchRequest {
  readonly query: string;
  /** Default: `DEFAULT_WEB_RESULTS`. A provider may have a lower limit of its own. */
  readonly limit?: number;
  /** Language of the pages, as in BCP 47, e.g. `en`, `zh`, `zh-TW`. Default: the provider's. Ignored if the provider does not know the language. */
  readonly language?: string;
  /** Maximum age of pages. Default: any age. */
  readonly freshness?: 'day' | 'week' | 'month' | 'year';
}

/** A result from the web. None of it can be trusted. */
export interface WebSearchResult {
  /** An `http:` or `https:` URL. */
  readonly url: string;
  readonly title: string;
  /** Plain text, on one line. */
  readonly snippet: string;
  /** As the provider reports it, mostly ISO 8601. */
  readonly publishedAt?: string;
}

export const DEFAULT_WEB_RESULTS = 10;

/** Options that all providers have. */
export interface ProviderOptions {
  /** Address of the provider. Default: its own service. */
  readonly url?: string;
  /** Time limit for a whole search. Default: `DEFAULT_SEARCH_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export const DEFAULT_SEARCH_TIMEOUT_MS = 8_000;
