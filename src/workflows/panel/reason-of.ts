import { ApplicationFailure, ChildWorkflowFailure } from '@temporalio/workflow';

/** Why a step of a panel failed, on one line: the message of the activity, if there is one. */
export function reasonOf(error: unknown): string {
  const failure = error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
  for (let cause = failure; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure || !(cause.cause instanceof Error)) return cause.message;
  }
  return String(failure);
}
