import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ArchiveFailureType = Extract<FailureType, 'Archive.Conflict' | 'InvalidRequest' | 'SessionNotFound'>;

/** What the archive throws when it was asked for something that cannot be done; asking again does not help. */
export class ArchiveError extends KnownFailure<ArchiveFailureType> {
  override readonly name = 'ArchiveError';
}
