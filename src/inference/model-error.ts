import type { FailureType } from '../domain/failure-types.js';

export type ModelFailureType = Extract<FailureType, `Model.${string}`>;

/** What backends throw. The message says what happened and what to do; `details` carries the numbers. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly type: ModelFailureType,
    message: string,
    readonly options: {
      readonly cause?: unknown;
      /** JSON-safe. */
      readonly details?: Readonly<Record<string, unknown>>;
      /** How long to wait before the next attempt; only for types that are retried. */
      readonly retryAfterMs?: number;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}
