import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';
import type { KnownFailureOptions } from '../domain/known-failure.js';

/**
 * Why nothing was fetched. `refused`: the URL, its host or its address is not allowed; `unreachable`: no connection, or it broke;
 * `timed-out`: not whole within the time; `status`: the server answered with a status that is no success; `too-large`: more bytes
 * than allowed; `not-text`: something of a type that is not read, texts
 * unless said otherwise.
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
  /** Of the server's answer, where there was one. */
  readonly status: number | undefined;

  constructor(
    readonly kind: GuardedFetchErrorKind,
    message: string,
    { status, ...options }: KnownFailureOptions & { readonly status?: number } = {},
  ) {
    // A server's answer may be final.
    const isFinal = kind === 'status' && status !== 429 && (status ?? 0) < 500;
    super(TYPES[kind], message, { ...options, ...(isFinal && { retryable: false }) });
    this.status = status;
  }
}
