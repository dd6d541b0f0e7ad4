import type { FailureType } from '../../domain/failure-types.js';
import { KnownFailure } from '../../domain/known-failure.js';
import type { KnownFailureOptions } from '../../domain/known-failure.js';

/**
 * Why a provider of web searches gave nothing. `rate-limited`: too many requests, or the quota is used up; `bad-key`: no or a wrong key,
 * or one without the right; `refused`: it does not take the request, or is not set up for it; `malformed`: its answer is not what it is
 * documented to be; `unreachable`, `timed-out`, `unavailable`: nothing answers, not in time, or only with a fault of its own.
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
/** A quota that takes longer to come back is not waited for. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** The message is one line, and holds no key. */
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
