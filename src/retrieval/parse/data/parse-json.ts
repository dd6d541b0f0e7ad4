import type { ParsedText } from '../parsed-text.js';
import { parsePlain } from '../parse-plain.js';
import { ReadableText } from '../readable-text.js';
import { jsonLeaves } from './json-leaves.js';

/** Of a path, the last ones: deeper data are told by what is near them. */
const KEYS_SHOWN = 6;
const KEY_CHARACTERS = 80;

/**
 * Data as lines of `key.of.it: value`: each record of a list as a block of its own, under the key that holds the list. What is no JSON, also
 * JSON with comments, stays as it is.
 */
export function parseJson(source: string): ParsedText {
  if (!isJson(source)) return parsePlain(source);
  const readable = new ReadableText();
  writeRecords(source, readable);
  return { ...readable.finish(), title: '' };
}

/** The same of a file with a record in each line; lines that are no JSON stay as they are. */
export function parseJsonLines(source: string): ParsedText {
  const readable = new ReadableText();
  for (const line of source.replace(/^\uFEFF/u, '').split(/\r?\n/u)) {
    if (line.trim() === '') continue;
    if (isJson(line)) writeRecords(line, readable, true);
    else readable.block(line);
  }
  return { ...readable.finish(), title: '' };
}

function isJson(source: string): boolean {
  try {
    JSON.parse(source.replace(/^\uFEFF/u, ''));
    return true;
  } catch {
    return false;
  }
}

function writeRecords(source: string, readable: ReadableText, isOneRecord = false): void {
  /** What the paths of the record begin with. */
  let group: readonly (string | number)[] | undefined;
  let heading: string | number | undefined;
  let lines: string[] = [];
  let listed: string | undefined;
  const flush = (): void => {
    readable.block(lines.join('\n'));
    lines = [];
    listed = undefined;
  };
  for (const { path, value } of jsonLeaves(source.replace(/^\uFEFF/u, ''))) {
    if (value === 'null' || value.trim() === '') continue;
    const depth = isOneRecord ? 0 : groupDepth(path);
    if (group?.length !== depth || group.some((key, index) => key !== path[index])) {
      flush();
      group = path.slice(0, depth);
      const [first] = path;
      if (depth > 0 && typeof first === 'string' && first !== heading)
        readable.heading(1, first.slice(0, KEY_CHARACTERS));
      heading = first;
    }
    const text = value.replace(/\s+/gu, ' ').trim();
    const isListed = typeof path.at(-1) === 'number' && path.length > depth;
    const name = nameOf(path.slice(Math.max(depth, path.length - KEYS_SHOWN - 1), isListed ? -1 : undefined));
    const key = isListed ? `${path.length}:${name}` : undefined;
    if (key !== undefined && key === listed) lines.push(`${lines.pop()}, ${text}`);
    else lines.push(name === '' ? text : `${name}: ${text}`);
    listed = key;
  }
  flush();
}

/** How much of a path says which record a value is of: the position in a list, at the top or under a key of it; else the key of an object. */
function groupDepth(path: readonly (string | number)[]): number {
  if (path.length < 2) return 0;
  if (typeof path[0] === 'number') return 1;
  return typeof path[1] === 'number' && path.length > 2 ? 2 : 1;
}

function nameOf(path: readonly (string | number)[]): string {
  let name = '';
  for (const key of path) {
    if (typeof key === 'number') name += `[${key}]`;
    else name += `${name === '' ? '' : '.'}${key.slice(0, KEY_CHARACTERS).replace(/\s+/gu, ' ')}`;
  }
  return name;
}
