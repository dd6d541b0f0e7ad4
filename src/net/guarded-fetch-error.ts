import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';
import type { KnownFailureOptions } from '../domain/known-failure.js';

/**
 * Why a fetch failed. `refused`: the URL, its host or its address is not allowed; `unreachable`: the connection failed or broke;
 * `timed-out`: the response was not complete in time; `status`: the server responded with an error status; `too-large`: the response has
 * more bytes than allowed; `not-text`: the response has a type that is not accepted (by default, only texts are).
 */
export type GuardedFetchErrorKind = 'refused' | 'unreachable' | 'timed-out' | 'status' | 'too-large' | 'not-text';

const TYPES = {
  refused: 'Web.Refused',
  unreachable: 'Web.Unreachable',
  'timed-out': 'Web.TimedOut',
  status: 'Web.Unavailable',
  'too-large': 'Web.TooLarge',
  'not-text': 'Web.Malformed',
} as const satisfies Readonly<Record<GuardedFetchErrorKind, FailureType>>;

export class GuardedFetchError extends KnownFailure {
  override readonly name = 'GuardedFetchError';
  /** Status of the server's response, if there was one. */
  readonly status: number | undefined;

  constructor(
    readonly kind: GuardedFetchErrorKind,
    message: string,
    { status, ...options }: KnownFailureOptions & { readonly status?: number } = {},
  ) {
    // A server's response may be final.
    const isFinal = kind === 'status' && status !== 429 && (status ?? 0) < 500;
    super(TYPES[kind], message, { ...options, ...(isFinal && { retryable: false }) });
    this.status = status;
  }
}
