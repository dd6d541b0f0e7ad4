import { FAILURES } from './failure-types.js';
import type { FailureType } from './failure-types.js';

/** Properties of a failure besides its type and message. */
export interface KnownFailureOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later. Default: as `FAILURES` says for the type. */
  readonly retryable?: boolean;
  /** How long to wait before the next attempt, in ms; only used if it is retried. */
  readonly retryAfterMs?: number;
  /** JSON-safe. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * A foreseeable failure. Each folder has its own class for its types. The message is one line that says what happened and what to do.
 */
export abstract class KnownFailure<Type extends FailureType = FailureType> extends Error {
  constructor(
    readonly type: Type,
    message: string,
    readonly options: KnownFailureOptions = {},
  ) {
    super(message, { cause: options.cause });
  }

  get isRetryable(): boolean {
    return this.options.retryable ?? FAILURES[this.type].isRetryable ?? false;
  }
}
