import { resolve } from 'node:path';
import { isUrl } from '../../domain/knowledge/document-name.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { CliContext, ConnectedContext, GlobalOptions } from '../context.js';

/** Code shared by the commands for knowledge bases. */
export interface JsonOption extends GlobalOptions {
  readonly json?: boolean;
}

/** Waits until a worker is there, because a query without one would wait for a minute. */
export async function withKnowledge<T>(
  options: GlobalOptions,
  action: (context: ConnectedContext) => Promise<T>,
): Promise<T> {
  const context: CliContext = await createCliContext(options);
  return withClient(context, async (connected) => {
    if (!(await connected.client.knowledge.hasWorker())) {
      connected.terminal.note(
        'Waiting for a retrieval worker. "npm start" runs one; to run one alone: colloquy worker retrieval',
      );
    }
    return action(connected);
  });
}

/** The source in the form that the worker needs. */
export function absolute(source: string): string {
  if (isUrl(source)) return source;
  const expanded = source.replace(/^~(?=\/|$)/u, process.env.HOME ?? '~');
  // A trailing slash adds nothing to the name of a folder.
  return resolve(expanded);
}

/** Parses `--meta key=value`, which may be repeated. @throws {CliError} */
export function addPair(value: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = value.indexOf('=');
  if (at < 1) throw new CliError(`"${value}" is not of the form key=value.`);
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}
