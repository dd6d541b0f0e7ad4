import type { FailureType } from '../domain/failure-types.js';

export type ExpertFailureType = Exclude<Extract<FailureType, `Expert.${string}`>, 'Expert.Invalid'>;

/** Why an expert on another machine gave no answer. The message says who, what happened, and what to do. */
export class ExpertError extends Error {
  override readonly name = 'ExpertError';

  constructor(
    readonly type: ExpertFailureType,
    message: string,
    readonly options: {
      readonly cause?: unknown;
      /** How long to wait before the next attempt; only for types that are retried. */
      readonly retryAfterMs?: number;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}
