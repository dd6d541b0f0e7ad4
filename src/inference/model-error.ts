import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ModelFailureType = Extract<FailureType, `Model.${string}`>;

/** The error that backends throw. The message says what happened and how to fix it; `options.details` carries the numbers. */
export class ModelError extends KnownFailure<ModelFailureType> {
  override readonly name = 'ModelError';
}
