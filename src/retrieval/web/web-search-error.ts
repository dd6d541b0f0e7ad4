import type { FailureType } from '../../domain/failure-types.js';
import { KnownFailure } from '../../domain/known-failure.js';
import type { KnownFailureOptions } from '../../domain/known-failure.js';

/**
 * Why a provider of web searches returned no results. `rate-limited`: too many requests, or the quota is used up; `bad-key`: the key is
 * missing, wrong, or lacks permission; `refused`: the provider rejects the request, or is not set up for it; `malformed`: its response is
 * not as documented; `unreachable`: no connection; `timed-out`: no response in time; `unavailable`: the provider responds with an error of
 * its own.
 */
export type WebSearchErrorKind =
  'rate-limited' | 'bad-key' | 'refused' | 'malformed' | 'unreachable' | 'timed-out' | 'unavailable';

const TYPES = {
  'rate-limited': 'Web.RateLimited',
  'bad-key': 'Web.BadKey',
  refused: 'Web.Refused',
  malformed: 'Web.Malformed',
  unreachable: 'Web.Unreachable',
  'timed-out': 'Web.TimedOut',
  unavailable: 'Web.Unavailable',
} as const satisfies Readonly<Record<WebSearchErrorKind, FailureType>>;
/** If a quota takes longer than this to renew, the search is not retried. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** A failed web search. The message is one line and contains no key. */
export class WebSearchError extends KnownFailure {
  override readonly name = 'WebSearchError';

  constructor(
    readonly kind: WebSearchErrorKind,
    message: string,
    options?: KnownFailureOptions,
  ) {
    super(TYPES[kind], message, options);
  }

  /** Whether the same request may succeed within minutes. */
  override get isRetryable(): boolean {
    return super.isRetryable && (this.options.retryAfterMs ?? 0) <= LONGEST_WAIT_MS;
  }
}
