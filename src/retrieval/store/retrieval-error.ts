import type { FailureType } from '../../domain/failure-types.js';
import { KnownFailure } from '../../domain/known-failure.js';

export type RetrievalFailureType = Extract<FailureType, `Retrieval.${string}` | 'InvalidRequest'>;

/** The knowledge store was asked for something that cannot be done; repeating the request does not help. */
export class RetrievalError extends KnownFailure<RetrievalFailureType> {
  override readonly name = 'RetrievalError';
}
