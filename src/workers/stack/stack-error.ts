/**
 * Why the stack, or a part of it, cannot run.
 *
 * | kind | raised when |
 * | --- | --- |
 * | `port-taken` | something that is not Temporal listens where the Temporal server should |
 * | `cli-unusable` | the Temporal CLI is not there or cannot be run |
 * | `server-failed` | the Temporal server ended at its start, or does not answer |
 * | `namespace-missing` | a Temporal server that is not ours lacks the namespace |
 * | `process-failed` | a worker process never became ready |
 * | `start-locked` | another process holds what only one process of this data folder may, for too long |
 */
export type StackErrorKind =
  'port-taken' | 'cli-unusable' | 'server-failed' | 'namespace-missing' | 'process-failed' | 'start-locked';

/** What the parts of the stack throw for a foreseeable failure. The message says what happened and what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';

  constructor(
    readonly kind: StackErrorKind,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
