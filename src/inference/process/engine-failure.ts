import { ModelError, type ModelFailureType } from '../model-error.js';

/** An error in the form in which processes send it to each other. */
export interface EngineFailure {
  readonly message: string;
  /** Missing for unexpected errors. */
  readonly type?: ModelFailureType;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
}

export function toEngineFailure(error: unknown): EngineFailure {
  if (!(error instanceof ModelError)) return { message: error instanceof Error ? error.message : String(error) };
  const { details, retryAfterMs } = error.options;
  return { message: error.message, type: error.type, details, retryAfterMs };
}

export function fromEngineFailure({ message, type, details, retryAfterMs }: EngineFailure): Error {
  return type === undefined ? new Error(message) : new ModelError(type, message, { details, retryAfterMs });
}
