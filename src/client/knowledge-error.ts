import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { isFailureType } from '../domain/failure-types.js';
import { ColloquyError } from './colloquy-error.js';
import { toColloquyError } from './to-colloquy-error.js';

/** Maps what workflows about knowledge bases fail with, where its meaning is known. */
export function toKnowledgeError(error: unknown, about: { readonly address: string }): unknown {
  const failure = error instanceof WorkflowFailedError ? error.cause : undefined;
  // Of an activity that was tried for as long as somebody waits, the last failure is the cause of the timeout.
  let cause: unknown = failure instanceof ActivityFailure ? failure.cause : failure;
  const hasTimedOut = cause instanceof TimeoutFailure;
  while (cause instanceof TimeoutFailure && cause.cause !== undefined) cause = cause.cause;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    return new ColloquyError(cause.type, cause.message, { cause: error });
  }
  if (hasTimedOut) {
    return new ColloquyError(
      'Retrieval.Unavailable',
      'The retrieval worker does not answer. "npm start" runs one; by itself it is: colloquy worker retrieval',
      { cause: error },
    );
  }
  return toColloquyError(error, about);
}
