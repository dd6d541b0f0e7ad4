import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Other names in the file belong to other programs. `NODE_OPTIONS`, for example, would make every process of the stack run their code. */
const OWN_NAME = /^(?:COLLOQUY_|TEMPORAL_)|^(?:DATABASE_URL|OLLAMA_HOST)$/u;

/** Result of reading an environment file. */
export interface EnvFile {
  /** Names of the variables that were set. */
  readonly names: readonly string[];
  /** One message for each malformed line, without its text, which may be a secret. */
  readonly faults: readonly string[];
}

/**
 * Sets Colloquy's variables from a file such as `.env`. Variables that are already set keep their values. @returns undefined if the file does not
 * exist
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
  // Node's parser reads such a line and the next one as one name, and loses the variable of the next line.
  const sound = text
    .split(/\r?\n/u)
    .map((line, index) => (malformed.includes(index + 1) ? '' : line))
    .join('\n');
  const names: string[] = [];
  for (const [name, value] of Object.entries(parseEnv(sound))) {
    // An empty value counts as not set, which is how such files omit a variable.
    if (!OWN_NAME.test(name) || value === undefined || value === '' || env[name]) continue;
    env[name] = value;
    names.push(name);
  }
  const faults = malformed.map((line) => `${path}, line ${line}: this is not NAME=value, so the line was ignored.`);
  return { names, faults };
}

/** Numbers (from 1) of lines that are neither blank, a comment, an assignment, nor inside a quoted value. */
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
    // A quoted value may span several lines, or lack its closing quote.
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
