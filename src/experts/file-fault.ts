import { KnownFailure } from '../domain/known-failure.js';

/** What is wrong with a file that somebody wrote, and where. */
export interface FileFault {
  readonly file: string;
  /** From 1. Missing: it is the file as a whole. */
  readonly line?: number;
  /** One sentence: what is wrong, and what to write instead. */
  readonly message: string;
}

/** Files with faults: all of them, so that they can be mended in one go. The message has a line for each. */
export class FileFaultsError extends KnownFailure<'Expert.Invalid'> {
  override readonly name = 'FileFaultsError';

  constructor(readonly faults: readonly FileFault[]) {
    super('Expert.Invalid', faults.map((fault) => formatFault(fault)).join('\n'));
  }
}

/** As compilers write it, so that editors find the place: `file:line: message`. One line. */
export function formatFault({ file, line, message }: FileFault): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message.replace(/\s+/gu, ' ')}`;
}
