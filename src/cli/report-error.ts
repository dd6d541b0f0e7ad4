import { CommanderError } from 'commander';
import { ListenError } from '../api/listen-error.js';
import { ArtefactError } from '../artefacts/artefact-error.js';
import { isDiskFull } from '../artefacts/source-error.js';
import { ConfigError } from '../config-error.js';
import { KnownFailure } from '../domain/known-failure.js';
import { FileFaultsError, formatFault } from '../experts/file-fault.js';
import { StackError } from '../workers/stack/stack-error.js';
import { CliError } from './cli-error.js';
import { typeable } from './own-command.js';
import { printable } from './terminal.js';

/**
 * Reports an error to the user: a foreseeable failure in one line that says what to do, any other error as unexpected. Stack traces appear only on
 * request. @returns the exit code.
 */
export function reportError(error: unknown, verbose: boolean): number {
  // Commander has already printed its message or the requested help.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof FileFaultsError) {
    for (const fault of error.faults) process.stderr.write(typeable(`error: ${printable(formatFault(fault))}\n`));
    return 1;
  }
  if (isDiskFull(error)) {
    process.stderr.write(
      `error: No space left on the disk${pathOf(error)}. Free some, or set COLLOQUY_HOME to a folder on another disk.\n`,
    );
    return 1;
  }
  process.stderr.write(
    typeable(
      isForeseen(error)
        ? `error: ${printable(messageOf(error))}\n`
        : `error: ${printable(messagesOf(error))}\n(unexpected; use --verbose for details)\n`,
    ),
  );
  if (verbose && error instanceof Error) process.stderr.write(`${printable(describeStack(error))}\n`);
  return 1;
}

const FORESEEN = [CliError, KnownFailure, ConfigError, ArtefactError, ListenError, StackError];

/** Whether the error itself says what to do, and a retry would not help. */
export function isForeseen(error: unknown): boolean {
  return FORESEEN.some((type) => error instanceof type);
}

/** The path that could not be written, if the error contains it. */
function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? ` (${printable(String(error.path))})` : '';
}

/** The messages of an error and its causes; the outermost message of a library may say only that something failed. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    messages.push(messageOf(cause));
  }
  return [...new Set(messages)].join(': ');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeStack(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${describeStack(error.cause)}` : '';
  return (error.stack ?? error.message) + cause;
}
