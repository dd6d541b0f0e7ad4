import { ActivityExecutionFailedError, WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { isFailureType } from '../domain/failure-types.js';
import { ColloquyError } from './colloquy-error.js';
import { toColloquyError } from './to-colloquy-error.js';

/** Maps failures of the workflows and activities for knowledge bases, if their meaning is known. */
export function toKnowledgeError(error: unknown, about: { readonly address: string }): unknown {
  const hasFailed = error instanceof WorkflowFailedError || error instanceof ActivityExecutionFailedError;
  const failure = hasFailed ? error.cause : undefined;
  // If an activity was retried until its time was up, the last failure is the cause of the timeout.
  let cause: unknown = failure instanceof ActivityFailure ? failure.cause : failure;
  const hasTimedOut = cause instanceof TimeoutFailure;
  while (cause instanceof TimeoutFailure && cause.cause !== undefined) cause = cause.cause;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    return new ColloquyError(cause.type, cause.message, { cause: error });
  }
  if (hasTimedOut) {
    return new ColloquyError(
      'Retrieval.Unavailable',
      'The retrieval worker does not respond. "npm start" runs one; to run one alone: colloquy worker retrieval',
      { cause: error },
    );
  }
  return toColloquyError(error, about);
}
