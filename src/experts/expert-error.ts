import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ExpertFailureType = Exclude<Extract<FailureType, `Expert.${string}`>, 'Expert.Invalid'>;

/** The reason why an expert on another machine gave no answer. The message names the expert, and says what happened and what to do. */
export class ExpertError extends KnownFailure<ExpertFailureType> {
  override readonly name = 'ExpertError';
}
