import type { Span } from '../../../domain/words/sentences.js';
import type { ParsedText } from '../parsed-text.js';
import { parsePlain } from '../parse-plain.js';
import { ReadableText } from '../readable-text.js';
import { jsonLeaves } from './json-leaves.js';

/** Only this many of the last keys of a path are shown, because deeply nested data is understood from its nearest keys. */
const KEYS_SHOWN = 6;
const KEY_CHARACTERS = 80;

/**
 * JSON as lines of `key.of.it: value`. Each record of a list becomes a block, under the key of the list. A text that is not JSON, e.g. JSON
 * with comments, stays as it is.
 */
export function parseJson(source: string): ParsedText {
  if (!isJson(source)) return parsePlain(source);
  const readable = new ReadableText();
  writeRecords(source, readable);
  return { ...readable.finish(), title: '', source: readable.sourceMap(source) };
}

/** The same for a file with one record per line. Lines that are not JSON stay as they are. */
export function parseJsonLines(source: string): ParsedText {
  const readable = new ReadableText();
  for (const { 0: line, index } of source.matchAll(/[^\r\n\uFEFF][^\r\n]*/gu)) {
    if (line.trim() === '') continue;
    if (isJson(line)) writeRecords(line, readable, { isOneRecord: true, offset: index });
    else readable.block(line, { start: index, end: index + line.length });
  }
  return { ...readable.finish(), title: '', source: readable.sourceMap(source) };
}

function isJson(source: string): boolean {
  try {
    JSON.parse(source.replace(/^\uFEFF/u, ''));
    return true;
  } catch {
    return false;
  }
}

interface RecordOptions {
  /** The whole text is one record, even if it contains lists. */
  readonly isOneRecord?: boolean;
  /** Offset of the text in the file. */
  readonly offset?: number;
}

function writeRecords(
  source: string,
  readable: ReadableText,
  { isOneRecord = false, offset = 0 }: RecordOptions = {},
): void {
  const record = new JsonRecord(readable, offset);
  /** Common beginning of the record's paths. */
  let group: readonly (string | number)[] | undefined;
  let heading: string | number | undefined;
  for (const { path, keys, span, value } of jsonLeaves(source)) {
    if (value === 'null' || value.trim() === '') continue;
    const depth = isOneRecord ? 0 : groupDepth(path);
    if (group?.length !== depth || group.some((key, index) => key !== path[index])) {
      record.end();
      group = path.slice(0, depth);
      const [first] = path;
      if (depth > 0 && typeof first === 'string' && first !== heading) record.heading(first, keys[0] ?? span);
      heading = first;
    }
    const isListed = typeof path.at(-1) === 'number' && path.length > depth;
    const start = typeof path.at(-1) === 'string' ? keys.at(-1)?.start : span.start;
    record.add({
      name: nameOf(path.slice(Math.max(depth, path.length - KEYS_SHOWN - 1), isListed ? -1 : undefined)),
      text: value.replace(/\s+/gu, ' ').trim(),
      list: isListed ? path.length : undefined,
      span: { start: start ?? span.start, end: span.end },
      // The key of the list, or its bracket if the list is in another list.
      listStart: (typeof path.at(-2) === 'string' ? keys.at(-2) : keys.at(-1))?.start ?? span.start,
    });
  }
  record.end();
}

interface RecordValue {
  readonly name: string;
  readonly text: string;
  /** Depth of the list that contains the value. */
  readonly list: number | undefined;
  /** Place of the value including its key. */
  readonly span: Span;
  /** Start of the line, if it contains several items. */
  readonly listStart: number;
}

/** Writes the lines of one record, each with the place of its values in the file. */
class JsonRecord {
  private isEmpty = true;
  private line: { text: string; start: number; end: number; readonly listed?: string } | undefined;

  constructor(
    private readonly readable: ReadableText,
    private readonly offset: number,
  ) {}

  heading(key: string, { start, end }: Span): void {
    this.readable.heading(1, key.slice(0, KEY_CHARACTERS), { start: this.offset + start, end: this.offset + end });
  }

  add({ name, text, list, span, listStart }: RecordValue): void {
    const listed = list === undefined ? undefined : `${list}:${name}`;
    if (this.line !== undefined && listed !== undefined && this.line.listed === listed) {
      this.line.text += `, ${text}`;
      this.line.end = span.end;
      return;
    }
    this.writeLine();
    const start = listed === undefined || name === '' ? span.start : listStart;
    this.line = { text: name === '' ? text : `${name}: ${text}`, start, end: span.end, listed };
  }

  end(): void {
    this.writeLine();
    this.isEmpty = true;
  }

  private writeLine(): void {
    if (this.line === undefined) return;
    const { text, start, end } = this.line;
    const origin = { start: this.offset + start, end: this.offset + end };
    if (this.isEmpty) this.readable.block(text, origin);
    else this.readable.line(text, origin);
    this.isEmpty = false;
    this.line = undefined;
  }
}

/**
 * Length of the part of a path that identifies the record: the position in a list at the top or directly under a top-level key; otherwise
 * the key of an object.
 */
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
