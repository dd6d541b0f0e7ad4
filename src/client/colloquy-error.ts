import type { TurnFailure } from '../domain/session/conversation.js';
import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';
import type { KnownFailureOptions } from '../domain/known-failure.js';

/** The client throws this for every foreseeable failure. Its message is one line that says what happened and what to do. */
export class ColloquyError extends KnownFailure {
  override readonly name = 'ColloquyError';
  /** Text of the answer of a failed turn, if there is any. */
  readonly partial?: TurnFailure['partial'];

  constructor(
    type: FailureType,
    message: string,
    { partial, ...options }: KnownFailureOptions & { readonly partial?: TurnFailure['partial'] } = {},
  ) {
    super(type, message, options);
    if (partial) this.partial = partial;
  }
}

export function unreachable(address?: string, cause?: unknown): ColloquyError {
  const where = address === undefined ? '' : ` at ${address}`;
  return new ColloquyError(
    'Temporal.Unreachable',
    `No Temporal server answers${where}. Start the stack with "npm start", or name a server with --temporal ADDRESS.`,
    { cause },
  );
}

export function sessionClosed(session: string, cause?: unknown): ColloquyError {
  return new ColloquyError('SessionClosed', `${session} has ended. Start a new one; its transcript stays readable.`, {
    cause,
  });
}
