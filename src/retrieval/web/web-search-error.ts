/**
 * Why a provider of web searches gave nothing. `rate-limited`: too many requests, or the quota is used up; `bad-key`: no or a wrong key,
 * or one without the right; `refused`: it does not take the request, or is not set up for it; `malformed`: its answer is not what it is
 * documented to be; `unreachable`, `timed-out`, `unavailable`: nothing answers, not in time, or only with a fault of its own.
 */
export type WebSearchErrorKind =
  'rate-limited' | 'bad-key' | 'refused' | 'malformed' | 'unreachable' | 'timed-out' | 'unavailable';

const RETRYABLE: ReadonlySet<WebSearchErrorKind> = new Set(['rate-limited', 'unreachable', 'timed-out', 'unavailable']);
/** A quota that takes longer to come back is not waited for. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** The message is one line, and holds no key. */
export class WebSearchError extends Error {
  override readonly name = 'WebSearchError';

  constructor(
    readonly kind: WebSearchErrorKind,
    message: string,
    readonly options: {
      readonly cause?: unknown;
      /** When the provider says that it may be asked again. */
      readonly retryAfterMs?: number;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }

  /** Whether the same request may succeed within minutes. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.kind) && (this.options.retryAfterMs ?? 0) <= LONGEST_WAIT_MS;
  }
}
