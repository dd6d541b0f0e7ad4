import { ColloquyError } from '../client/colloquy-error.js';
import { FAILURES } from '../domain/failure-types.js';
import { ExpertError } from '../experts/expert-error.js';

export type ApiStatus = 400 | 401 | 404 | 405 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504;

/** Error response over HTTP: a status, and `{"error": {"type", "message"}}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: ApiStatus,
    readonly type: string,
    message: string,
    readonly options: { readonly cause?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/** In seconds. A killed worker restarts within this time. */
const RETRY_AFTER = '5';

/** @returns undefined for an unexpected error, whose message is for the log, not for callers */
export function toApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (!(error instanceof ColloquyError || error instanceof ExpertError)) return undefined;
  const { status = 500 } = FAILURES[error.type];
  const mayRetry = status === 429 || status === 503;
  return new ApiError(status, error.type, error.message, {
    cause: error,
    ...(mayRetry && { headers: { 'retry-after': RETRY_AFTER } }),
  });
}
