import { resolve } from 'node:path';
import { isUrl } from '../../domain/knowledge/document-name.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { CliContext, ConnectedContext, GlobalOptions } from '../context.js';

/** What the commands of knowledge bases share. */
export interface JsonOption extends GlobalOptions {
  readonly json?: boolean;
}

/** Nobody is asked who is not there: a question would wait for a minute. */
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

/** A source as the worker sees it. */
export function absolute(source: string): string {
  if (isUrl(source)) return source;
  const expanded = source.replace(/^~(?=\/|$)/u, process.env.HOME ?? '~');
  // A folder's last slash says no more than its name.
  return resolve(expanded);
}

/** For `--meta key=value`, which may be given again. @throws {CliError} */
export function addPair(value: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = value.indexOf('=');
  if (at < 1) throw new CliError(`"${value}" is not of the form key=value.`);
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}
