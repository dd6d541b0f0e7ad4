import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { KnownFailure } from '../domain/known-failure.js';

/** The only place that turns errors of backends and tools into Temporal failures. It leaves unexpected errors to Temporal, which retries them. */
export function toFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (!(error instanceof KnownFailure)) return error;
  const { type, message, cause, isRetryable } = error;
  const { retryAfterMs, details } = error.options;
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !isRetryable,
    ...(details && { details: [details] }),
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
    ...(cause instanceof Error && { cause }),
  });
}
