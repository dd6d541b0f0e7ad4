import { buffer } from 'node:stream/consumers';
import { CliError } from './cli-error.js';
import type { Terminal } from './terminal.js';

/** Larger than any model's context. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The text of an argument; `-` or no argument reads standard input. @throws {CliError} if the text is empty, too large or not UTF-8 */
export async function readText(argument: string | undefined, { input }: Terminal): Promise<string> {
  if (argument !== undefined && argument !== '-') return checked(argument);
  if (argument === undefined && input.isTTY) {
    throw new CliError('Give the text as an argument, or pipe it to standard input.');
  }
  const bytes = await buffer(input);
  if (bytes.length > MAX_BYTES) {
    throw new CliError(`The text is too large: ${bytes.length.toLocaleString('en')} bytes, at most ${MAX_BYTES}.`);
  }
  try {
    // The newline at the end of the last line belongs to the file, not to the text.
    return checked(new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/u, ''));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('The text is not valid UTF-8. Convert it first, e.g. with iconv -t UTF-8.', { cause: error });
  }
}

function checked(text: string): string {
  if (text.trim() === '') throw new CliError('The text is empty.');
  return text;
}
