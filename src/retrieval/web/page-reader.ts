import { createHash } from 'node:crypto';
import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import { guardedFetchBytes, type GuardedFetchOptions } from '../../net/guarded-fetch.js';
import { GuardedFetchError } from '../../net/guarded-fetch-error.js';
import { createPageCache } from './page-cache.js';
import { mayBePage, pageTypeOf } from './page-types.js';
import { createRobotsGate } from './robots-gate.js';

/** A web page as readable text. */
export interface WebPage {
  /** The final URL, after redirects. */
  readonly url: string;
  /** SHA-256 of the bytes, in hex. */
  readonly contentHash: string;
  readonly document: ParsedDocument;
}

/** Converts a fetched page to text. If it throws, the page has no text. */
export type ParsePage = (
  bytes: Uint8Array,
  about: {
    readonly uri: string;
    /** As returned by `pageTypeOf`. */
    readonly mediaType: string;
    /** Charset that the server declares, which may be wrong. */
    readonly charset?: string;
    readonly signal: AbortSignal;
  },
) => ParsedDocument | Promise<ParsedDocument>;

export interface PageReaderOptions {
  readonly parse: ParsePage;
  /** Version of this program, for the user agent. */
  readonly version: string;
  /** Limit for one page, both as received and decompressed. Default: 5 MB. */
  readonly maxBytes?: number;
  /** Time limit for one page, redirects and robots.txt included. Default: 15 s. */
  readonly timeoutMs?: number;
  /** Size limit of all cached pages. Default: 64 MB. */
  readonly maxCacheBytes?: number;
  /** How long a cached page is returned without asking its server. Default: 15 minutes. */
  readonly freshMs?: number;
  /** Default: `DEFAULT_ROBOTS_TIMEOUT_MS`. */
  readonly robotsTimeoutMs?: number;
  /** For tests: see `GuardedFetchOptions`. */
  readonly connection?: Pick<GuardedFetchOptions, 'resolve' | 'mayConnectTo'>;
  readonly now?: () => number;
}

/** Reads pages at URLs that are not trusted. */
export interface PageReader {
  /** @throws {GuardedFetchError} for all foreseeable failures; errors of `parse`; the signal's reason when it aborts. */
  read(url: string, options: { readonly signal: AbortSignal }): Promise<WebPage>;
}

const PRODUCT = 'colloquy';
const DEFAULT_MAX_BYTES = 5_000_000;
const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_CACHE_BYTES = 64_000_000;
const DEFAULT_FRESH_MS = 15 * 60_000;

/**
 * Fetches pages within limits, only from the public internet, and only if the site's robots.txt allows it. Caches their text; when it is no
 * longer fresh, asks the server by ETag whether the page has changed.
 */
export function createPageReader(options: PageReaderOptions): PageReader {
  const { parse, version, connection, now = Date.now } = options;
  const { maxBytes = DEFAULT_MAX_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const userAgent = `${PRODUCT}/${version} (fetches pages that a search found, for one user)`;
  const robots = createRobotsGate({
    product: PRODUCT,
    userAgent,
    connection,
    timeoutMs: options.robotsTimeoutMs,
    now,
  });
  const cache = createPageCache<WebPage & { readonly etag?: string }>({
    maxBytes: options.maxCacheBytes ?? DEFAULT_CACHE_BYTES,
    freshMs: options.freshMs ?? DEFAULT_FRESH_MS,
    now,
  });

  return {
    async read(url, { signal }) {
      const key = url.replace(/#.*$/su, '');
      const kept = cache.get(key);
      if (kept?.isFresh) return kept.page;
      const etag = kept?.page.etag;
      try {
        const fetched = await guardedFetchBytes(key, {
          ...connection,
          signal,
          userAgent,
          maxBytes,
          timeoutMs,
          headers: {
            accept: 'text/html, application/xhtml+xml, text/plain, text/markdown, application/pdf;q=0.9',
            ...(etag !== undefined && { 'if-none-match': etag }),
          },
          accepts: mayBePage,
          beforeEach: (target, end) => beforeEnd(robots.check(target), end),
        });
        const { bytes, contentType, charset } = fetched;
        const mediaType = pageTypeOf(contentType, bytes);
        if (mediaType === undefined) {
          throw new GuardedFetchError(
            'not-text',
            `${fetched.url} is ${contentType || 'something without a type'}, which cannot be read.`,
          );
        }
        const about = { uri: fetched.url, mediaType, ...(charset !== undefined && { charset }), signal };
        const document = await parse(bytes, about);
        const contentHash = createHash('sha256').update(bytes).digest('hex');
        const page = {
          url: fetched.url,
          contentHash,
          document,
          ...(fetched.etag !== undefined && { etag: fetched.etag }),
        };
        cache.set(key, page, 2 * (document.text.length + key.length) + 1000);
        return page;
      } catch (error) {
        const isUnchanged = error instanceof GuardedFetchError && error.status === 304;
        if (!isUnchanged || kept === undefined) throw error;
        cache.renew(key);
        return kept.page;
      }
    },
  };
}

/** Stops waiting at the end signal. The work continues, because other callers may wait for it too. */
function beforeEnd(work: Promise<void>, end: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('stopped'));
    if (end.aborted) stop();
    end.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => end.removeEventListener('abort', stop));
  });
}
