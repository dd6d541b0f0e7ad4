import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ModelFailureType = Extract<FailureType, `Model.${string}`>;

/** What backends throw. The message says what happened and what to do; `options.details` carries the numbers. */
export class ModelError extends KnownFailure<ModelFailureType> {
  override readonly name = 'ModelError';
}
