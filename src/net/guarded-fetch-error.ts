/**
 * Why nothing was fetched. `refused`: the URL, its host or its address is not allowed; `unreachable`: no connection, or it broke;
 * `timed-out`: not whole within the time; `status`: the server answered with a status that is no success; `too-large`: more bytes
 * than allowed; `not-text`: something of a type that is not read, texts
 * unless said otherwise.
 */
export type GuardedFetchErrorKind = 'refused' | 'unreachable' | 'timed-out' | 'status' | 'too-large' | 'not-text';

export class GuardedFetchError extends Error {
  override readonly name = 'GuardedFetchError';

  constructor(
    readonly kind: GuardedFetchErrorKind,
    message: string,
    readonly options: { readonly cause?: unknown; readonly status?: number } = {},
  ) {
    super(message, { cause: options.cause });
  }

  /** Whether the same request may succeed later. */
  get isRetryable(): boolean {
    const { status = 0 } = this.options;
    return this.kind === 'unreachable' || this.kind === 'timed-out' || status === 429 || status >= 500;
  }
}
