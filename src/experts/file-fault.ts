import { KnownFailure } from '../domain/known-failure.js';

/** A fault in a file written by a user, and its location. */
export interface FileFault {
  readonly file: string;
  /** Starts at 1. Missing: the fault concerns the whole file. */
  readonly line?: number;
  /** One sentence: what is wrong, and how to correct it. */
  readonly message: string;
}

/** Files have faults; it carries all of them, so that users can correct them in one pass. The message has one line for each fault. */
export class FileFaultsError extends KnownFailure<'Expert.Invalid'> {
  override readonly name = 'FileFaultsError';

  constructor(readonly faults: readonly FileFault[]) {
    super('Expert.Invalid', faults.map((fault) => formatFault(fault)).join('\n'));
  }
}

/** One line in the format of compilers, `file:line: message`, so that editors can jump to the location. */
export function formatFault({ file, line, message }: FileFault): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message.replace(/\s+/gu, ' ')}`;
}
