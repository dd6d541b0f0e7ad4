import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import type { GroundedSource } from '../domain/grounded-source.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../retrieval/document-limits.js';
import { decodeText } from '../retrieval/parse/decode-text.js';
import { parseDocument } from '../retrieval/parse/parse-document.js';

/** Where a source can be opened on this machine. */
export interface SourcePlace {
  /** `path:line` of a text, the path of another file, or the URL. */
  readonly opens: string;
  /** From 1, in the file as it is. Missing where the format has none, or the passage is no longer there. */
  readonly line?: number;
}

/** Its text, where it is known, tells whether the file is still as it was read. */
type Place = Omit<GroundedSource, 'text'> & Partial<Pick<GroundedSource, 'text'>>;

/** Where the passage begins is looked for by so much of it. */
const LOOKED_FOR = 200;
/** Whose text is that of the file, so that a line of one is a line of the other. */
const HAS_LINES = new Set(['text/plain', 'text/markdown']);

/** Reads the files, to tell the lines. Never throws: a place without a line can be opened, too. */
export async function locateSource(source: Place): Promise<SourcePlace> {
  const { uri, mediaType } = source;
  if (!isAbsolute(uri)) return { opens: uri };
  const near = relative(process.cwd(), uri);
  const path = near === '' || near.startsWith('..') ? uri : near;
  const line = HAS_LINES.has(mediaType) ? await lineOf(source).catch(() => undefined) : undefined;
  return line === undefined ? { opens: path } : { opens: `${path}:${line}`, line };
}

/** Offsets are in the text as it was read: without front matter, in NFC. */
async function lineOf({ uri, start, end, text: known }: Place): Promise<number | undefined> {
  if ((await stat(uri)).size > DEFAULT_DOCUMENT_LIMITS.maxBytes) return undefined;
  const bytes = await readFile(uri);
  const { text } = await parseDocument(bytes, { name: uri, signal: new AbortController().signal });
  const passage = (known ?? text.slice(start, end)).slice(0, LOOKED_FOR).split('\n\n')[0] ?? '';
  const whole = decodeText(bytes)?.text.replace(/\r\n?/gu, '\n').normalize('NFC');
  if (passage === '' || whole === undefined) return undefined;
  // What was left away stood before the text: the nearest place from there is it.
  const at = whole.indexOf(passage, Math.max(0, start + Math.max(0, whole.length - text.length) - LOOKED_FOR));
  const found = at === -1 ? whole.lastIndexOf(passage) : at;
  return found === -1 ? undefined : whole.slice(0, found).split('\n').length;
}
