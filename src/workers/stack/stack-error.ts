/**
 * The reason why the stack, or a part of it, cannot run.
 *
 * | kind | raised when |
 * | --- | --- |
 * | `port-taken` | something other than Temporal listens on the port of the Temporal server |
 * | `cli-unusable` | the Temporal CLI is missing or cannot be run |
 * | `server-failed` | the Temporal server ended while starting, or does not answer |
 * | `namespace-missing` | a Temporal server that is not ours lacks the namespace |
 * | `process-failed` | a worker process never became ready |
 * | `start-locked` | another process held an exclusive lock of this data folder for too long |
 */
export type StackErrorKind =
  'port-taken' | 'cli-unusable' | 'server-failed' | 'namespace-missing' | 'process-failed' | 'start-locked';

/** A foreseeable failure of a part of the stack. The message says what happened and what to do. */
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
