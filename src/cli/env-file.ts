import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Other names in the file belong to other programs. `NODE_OPTIONS`, say, would make every part of the stack run their code. */
const OWN_NAME = /^(?:COLLOQUY_|TEMPORAL_)|^(?:DATABASE_URL|OLLAMA_HOST)$/u;

/** What was taken from a file. */
export interface EnvFile {
  /** Names of the variables that were set. */
  readonly names: readonly string[];
  /** A line for each that makes no sense; nothing of its text, which may be a secret. */
  readonly faults: readonly string[];
}

/**
 * Sets the variables of Colloquy that a file such as `.env` holds; those that are set already stay. @returns undefined where there is no
 * such file
 */
export function loadEnvFile(path: string, env: NodeJS.ProcessEnv): EnvFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined;
    return { names: [], faults: [`${path} cannot be read (${String(code)}), so its variables are not set.`] };
  }
  const malformed = malformedLines(text);
  // Node's parser takes such a line and the next one for one name, and the next one's variable is lost.
  const sound = text
    .split(/\r?\n/u)
    .map((line, index) => (malformed.includes(index + 1) ? '' : line))
    .join('\n');
  const names: string[] = [];
  for (const [name, value] of Object.entries(parseEnv(sound))) {
    // Empty is not set: that is how such files leave one out.
    if (!OWN_NAME.test(name) || value === undefined || value === '' || env[name]) continue;
    env[name] = value;
    names.push(name);
  }
  const faults = malformed.map((line) => `${path}, line ${line}: this is not NAME=value, so the line was ignored.`);
  return { names, faults };
}

/** Numbers of lines, from 1, that are neither blank, a comment, an assignment, nor inside a value in quotes. */
function malformedLines(text: string): number[] {
  const faults: number[] = [];
  let quote: string | undefined;
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (quote !== undefined) {
      if (line.includes(quote)) quote = undefined;
      continue;
    }
    if (/^\s*(?:#.*)?$/u.test(line)) continue;
    const [, value] = /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/u.exec(line) ?? [];
    if (value === undefined) {
      faults.push(index + 1);
      continue;
    }
    const [first = ''] = value;
    // A value in quotes may go on over several lines, if it ends at all.
    const isOpen = /["'`]/u.test(first) && !value.slice(1).includes(first);
    const isClosedLater =
      isOpen &&
      text
        .split(/\r?\n/u)
        .slice(index + 1)
        .some((later) => later.includes(first));
    if (isClosedLater) quote = first;
  }
  return faults;
}
