import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ArchiveFailureType = Extract<FailureType, 'Archive.Conflict' | 'InvalidRequest' | 'SessionNotFound'>;

/** The archive cannot do what it was asked to do; a retry does not help. */
export class ArchiveError extends KnownFailure<ArchiveFailureType> {
  override readonly name = 'ArchiveError';
}
