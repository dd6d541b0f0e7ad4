import { guardedFetchBytes, type GuardedFetchOptions } from '../../net/guarded-fetch.js';
import { GuardedFetchError } from '../../net/guarded-fetch-error.js';
import { ALLOW_ALL, ALLOW_NONE, parseRobots, type RobotsRules } from './robots.js';

export interface RobotsGateOptions {
  /** Name of this crawler in robots.txt. */
  readonly product: string;
  readonly userAgent: string;
  /** For tests: see `GuardedFetchOptions`. */
  readonly connection?: Pick<GuardedFetchOptions, 'resolve' | 'mayConnectTo'>;
  /** Default: `DEFAULT_ROBOTS_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/** Checks whether a site allows fetching a URL. */
export interface RobotsGate {
  /** @throws {GuardedFetchError} `refused` if it is not allowed. */
  check(url: URL): Promise<void>;
}

export const DEFAULT_ROBOTS_TIMEOUT_MS = 5_000;
/** RFC 9309, 2.5: at least 500 KiB must be read. The rest is ignored. */
const MAX_BYTES = 512_000;
/** RFC 9309, 2.4: no longer than a day. */
const KEPT_MS = 24 * 3_600_000;
/** For a site whose robots.txt could not be read, because it may be readable soon. */
const FAULT_KEPT_MS = 60_000;
const MAX_ORIGINS = 500;

interface Kept {
  readonly rules: Promise<RobotsRules>;
  until: number;
}

/**
 * Caches the rules of sites for a day. A site without robots.txt (a status of 400 to 499) allows everything. A site that fails or responds
 * too late allows nothing until it responds. This includes 429: a client that is asked to send fewer requests sends none.
 *
 * source: RFC 9309, 2.3.1
 */
export function createRobotsGate({
  product,
  userAgent,
  connection,
  timeoutMs = DEFAULT_ROBOTS_TIMEOUT_MS,
  now = Date.now,
}: RobotsGateOptions): RobotsGate {
  const kept = new Map<string, Kept>();

  const fetchRules = async (origin: string, entry: { until: number }): Promise<RobotsRules> => {
    try {
      const { bytes } = await guardedFetchBytes(`${origin}/robots.txt`, {
        ...connection,
        // Other callers may wait for the same response, so no caller's signal aborts it.
        signal: new AbortController().signal,
        userAgent,
        timeoutMs,
        maxBytes: MAX_BYTES,
        cutsLongBody: true,
        accepts: () => true,
      });
      return parseRobots(new TextDecoder().decode(bytes), product);
    } catch (error) {
      const status = error instanceof GuardedFetchError ? (error.status ?? 0) : 0;
      if (status >= 400 && status <= 499 && status !== 429) return ALLOW_ALL;
      entry.until = now() + FAULT_KEPT_MS;
      // E.g. a private address, which is the better reason.
      if (error instanceof GuardedFetchError && error.kind === 'refused') throw error;
      return ALLOW_NONE;
    }
  };

  const rulesOf = (origin: string): Promise<RobotsRules> => {
    const found = kept.get(origin);
    if (found !== undefined && found.until > now()) return found.rules;
    const entry = { until: now() + KEPT_MS };
    const rules = fetchRules(origin, entry);
    kept.delete(origin);
    kept.set(origin, Object.assign(entry, { rules }));
    const [oldest] = kept.keys();
    if (kept.size > MAX_ORIGINS && oldest !== undefined) kept.delete(oldest);
    return rules;
  };

  return {
    async check(url) {
      const rules = await rulesOf(url.origin);
      if (rules.allows(url.pathname + url.search)) return;
      const why = rules === ALLOW_NONE ? 'cannot be read now, so that nothing there may be' : 'does not let it be';
      throw new GuardedFetchError('refused', `${url.href} is not fetched: the robots.txt of ${url.host} ${why}.`);
    },
  };
}
