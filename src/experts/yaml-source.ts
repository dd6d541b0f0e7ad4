import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import type { FileFault } from './file-fault.js';

/** A YAML mapping that knows the line of each of its parts in the file. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** Line of the value at this path, or of its nearest existing ancestor. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
  /** Line of the key, whose value may be on a later line. */
  readonly lineOfKey: (path: readonly PropertyKey[]) => number;
  readonly has: (path: readonly PropertyKey[]) => boolean;
}

/** @param firstLine line of the file at which the text starts */
export function parseYaml(
  file: string,
  text: string,
  firstLine: number,
): YamlSource | { readonly faults: readonly FileFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const lineAt = (offset: number): number => {
    // Errors about missing parts point to the very end of the text; report them at the last line that is not empty.
    const within = Math.min(offset, text.trimEnd().length);
    return firstLine + Math.max(1, lines.linePos(within).line) - 1;
  };
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    const faults = problems.map(({ pos, message }) => ({
      file,
      line: lineAt(pos[0]),
      message: `Broken YAML: ${message}.`,
    }));
    return { faults };
  }
  const { contents } = document;
  if (!isMap(contents)) {
    return {
      faults: [{ file, line: firstLine, message: 'This must be "key: value" on each line, e.g. name: tax-expert.' }],
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { faults: [{ file, line: firstLine, message: `Broken YAML: ${reason}.` }] };
  }
  return {
    file,
    value,
    lineOf: (path) => lineAt(offsetOf(document, path)),
    lineOfKey(path) {
      const parent: unknown = path.length === 1 ? contents : document.getIn(path.slice(0, -1), true);
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(path.at(-1)))
        : undefined;
      const key = pair?.key;
      return lineAt(isNode(key) && key.range ? key.range[0] : offsetOf(document, path));
    },
    has: (path) => document.hasIn(path),
  };
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** Returns the data parsed by the schema, or a fault for each part that the schema rejects. */
export function checkYaml<Schema extends z.ZodType>(
  source: YamlSource,
  schema: Schema,
): { readonly data: z.output<Schema> } | { readonly faults: readonly FileFault[] } {
  const parsed = schema.safeParse(source.value);
  return parsed.success
    ? { data: parsed.data }
    : { faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, source)) };
}

function faultsOf(issue: z.core.$ZodIssue, source: YamlSource): FileFault[] {
  const { file } = source;
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      file,
      line: source.lineOfKey([...path, key]),
      message: `Unknown key "${key}"${path.length === 0 ? '' : ` in ${nameOf(path)}`}. Remove it, or correct its spelling.`,
    }));
  }
  const isMissing = path.length > 0 && !source.has(path);
  const line = source.lineOf(path);
  if (isMissing) return [{ file, line, message: `${nameOf(path)} is missing.` }];
  return [{ file, line, message: `${path.length === 0 ? 'This' : nameOf(path)} is wrong: ${sentence(issue.message)}` }];
}

/** The name of a path in messages: `"experts" 2` for an item of a list, counted from 1, and `"limits.tokens"` for nested keys. */
function nameOf(path: readonly PropertyKey[]): string {
  const named = path.filter((part) => typeof part !== 'number').join('.');
  const number = path.find((part) => typeof part === 'number');
  return `"${named}"${number === undefined ? '' : ` ${number + 1}`}`;
}

function sentence(message: string): string {
  const text = message.replace(/^Invalid input: /u, '');
  return /[.!]$/u.test(text) ? text : `${text}.`;
}
