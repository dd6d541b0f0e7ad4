import type { FailureType } from '../../domain/failure-types.js';

export type RetrievalFailureType = Extract<FailureType, `Retrieval.${string}` | 'InvalidRequest'>;

/** What the knowledge store throws when it was asked for something that cannot be done; asking again does not help. */
export class RetrievalError extends Error {
  override readonly name = 'RetrievalError';

  constructor(
    readonly type: RetrievalFailureType,
    message: string,
  ) {
    super(message);
  }
}
