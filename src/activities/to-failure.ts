import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ArchiveError } from '../archive/archive-error.js';
import type { ArchiveFailureType } from '../archive/archive-error.js';
import { DatabaseError } from '../database/database-error.js';
import type { DatabaseFailureType } from '../database/database-error.js';
import { ExpertError } from '../experts/expert-error.js';
import type { ExpertFailureType } from '../experts/expert-error.js';
import type { FailureType } from '../domain/failure-types.js';
import { ModelError } from '../inference/model-error.js';
import type { ModelFailureType } from '../inference/model-error.js';
import { GuardedFetchError } from '../net/guarded-fetch-error.js';
import type { GuardedFetchErrorKind } from '../net/guarded-fetch-error.js';
import { DocumentError } from '../retrieval/document-error.js';
import { RetrievalError } from '../retrieval/store/retrieval-error.js';
import type { RetrievalFailureType } from '../retrieval/store/retrieval-error.js';
import { WebSearchError } from '../retrieval/web/web-search-error.js';
import type { WebSearchErrorKind } from '../retrieval/web/web-search-error.js';
import { ToolError } from '../tools/tool-error.js';

type Thrown = ModelFailureType | DatabaseFailureType | ArchiveFailureType | ExpertFailureType | RetrievalFailureType;

/** Whether another attempt can help. `domain/failure-types.ts` says the same to users. */
const IS_RETRYABLE: Readonly<Record<Thrown, boolean>> = {
  'Model.NotFound': false,
  'Model.Damaged': false,
  'Model.ContextOverflow': false,
  'Model.Unsupported': false,
  // The workflow decides whether to ask again: it knows what was asked.
  'Model.OutputRejected': false,
  'Model.InvalidRequest': false,
  'Model.Unavailable': true,
  'Model.Crashed': true,
  'Expert.Refused': false,
  'Expert.BadResponse': false,
  'Expert.Unavailable': true,
  'Expert.TimedOut': true,
  'Expert.CircuitOpen': true,
  'Archive.Conflict': false,
  SessionNotFound: false,
  InvalidRequest: false,
  'Database.Unreachable': true,
  // Whoever runs the database mends these, and the activity goes on: what was to be kept must not be lost meanwhile.
  'Database.Refused': true,
  'Database.Full': true,
  // Whoever runs the database installs it; what asked for it is asked again by a person.
  'Database.ExtensionMissing': false,
  'Database.Damaged': false,
  'Retrieval.NotFound': false,
  'Retrieval.ModelMismatch': false,
  'Retrieval.Incomplete': false,
  'Retrieval.Superseded': false,
  'Retrieval.Unavailable': false,
};

const WEB_TYPES: Readonly<Record<WebSearchErrorKind | GuardedFetchErrorKind, Extract<FailureType, `Web.${string}`>>> = {
  refused: 'Web.Refused',
  'bad-key': 'Web.BadKey',
  'rate-limited': 'Web.RateLimited',
  malformed: 'Web.Malformed',
  'not-text': 'Web.Malformed',
  'too-large': 'Web.TooLarge',
  unreachable: 'Web.Unreachable',
  'timed-out': 'Web.TimedOut',
  unavailable: 'Web.Unavailable',
  status: 'Web.Unavailable',
};

/** The one place where errors of backends and tools become Temporal failures. Anything unforeseen is left to Temporal, which retries it. */
export function toFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof DatabaseError || error instanceof ArchiveError || error instanceof RetrievalError) {
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: !IS_RETRYABLE[error.type],
    });
  }
  if (error instanceof ToolError || error instanceof DocumentError) {
    const { type, message, isRetryable, cause } = error;
    return ApplicationFailure.create({
      type,
      message,
      nonRetryable: !isRetryable,
      ...(cause instanceof Error && { cause }),
    });
  }
  if (error instanceof WebSearchError || error instanceof GuardedFetchError) {
    const retryAfterMs = error instanceof WebSearchError ? error.options.retryAfterMs : undefined;
    return ApplicationFailure.create({
      type: WEB_TYPES[error.kind],
      message: error.message,
      nonRetryable: !error.isRetryable,
      ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
      ...(error.cause instanceof Error && { cause: error.cause }),
    });
  }
  if (!(error instanceof ModelError || error instanceof ExpertError)) return error;
  const { retryAfterMs } = error.options;
  const details = error instanceof ModelError ? error.options.details : undefined;
  return ApplicationFailure.create({
    type: error.type,
    message: error.message,
    nonRetryable: !IS_RETRYABLE[error.type],
    ...(details && { details: [details] }),
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
    ...(error.cause instanceof Error && { cause: error.cause }),
  });
}
