import {
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import type { TurnFailure } from '../domain/session/conversation.js';
import { isFailureType } from '../domain/failure-types.js';
import { ColloquyError, sessionClosed, unreachable } from './colloquy-error.js';

/** gRPC status codes. source: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ABORTED = 10;
/** The server does not have the method, or it is switched off. */
export const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;

/** The server could not be reached. The same call may succeed later and is safe to repeat. */
export function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
    if (isGrpcServiceError(cause) && [CANCELLED, DEADLINE_EXCEEDED, ABORTED, UNAVAILABLE].includes(cause.code))
      return true;
  }
  return false;
}

/**
 * The server gave the update to a worker that did not process it. Seen after a worker and its server were killed and restarted: the first
 * workflow task may then be completed without the update. It was not accepted: sending it again is safe.
 */
export function isUnprocessed(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    // source: temporalio/temporal, service/history/workflow/update/errors_failures.go
    error.cause.type === 'UnprocessedUpdate'
  );
}

/** The workflow, or an update of it, does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || hasCode(error, NOT_FOUND);
}

/** Maps an error of Temporal's client to a `ColloquyError` if its meaning for a session is known; otherwise returns it unchanged. */
export function toColloquyError(error: unknown, about: { sessionId?: string; address?: string } = {}): unknown {
  if (error instanceof ColloquyError) return error;
  const session = about.sessionId === undefined ? 'The session' : `Session "${about.sessionId}"`;
  if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError) {
    const failure = error.cause;
    if (failure instanceof ApplicationFailure && isFailureType(failure.type)) {
      return new ColloquyError(failure.type, failure.message, { cause: error, partial: partialOf(failure) });
    }
    // The workflow completed before it came to the update.
    if (failure instanceof ApplicationFailure && failure.type === 'AcceptedUpdateCompletedWorkflow') {
      return sessionClosed(session, error);
    }
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new ColloquyError(
      'SessionExists',
      `${session} exists already. Continue it (colloquy chat --session ID), or choose another id.`,
      { cause: error },
    );
  }
  if (isNotFound(error)) {
    return new ColloquyError(
      'SessionNotFound',
      `${session} does not exist. "colloquy sessions" lists the existing ones.`,
      {
        cause: error,
      },
    );
  }
  if (hasCode(error, INVALID_ARGUMENT) && messageChain(error).includes('invalid search attribute: Colloquy')) {
    return new ColloquyError(
      'Temporal.SearchAttributes',
      'The server does not know the search attributes of sessions yet. Start a sessions worker, which registers them: colloquy worker sessions',
      { cause: error },
    );
  }
  if (isUnreachable(error)) return unreachable(about.address, error);
  return error;
}

/** The partial answer that a failed turn carries, in the form that sessions send. */
function partialOf({ details }: ApplicationFailure): TurnFailure['partial'] {
  const [partial]: readonly unknown[] = details ?? [];
  if (typeof partial !== 'object' || partial === null || !('text' in partial)) return undefined;
  const { text, thinking }: { readonly text: unknown; readonly thinking?: unknown } = partial;
  return typeof text === 'string' ? { text, ...(typeof thinking === 'string' && { thinking }) } : undefined;
}

function messageChain(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages.join(': ');
}

/** Whether the server answered with this gRPC status code. */
export function hasCode(error: unknown, code: number): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause) && cause.code === code) return true;
  }
  return false;
}
