import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import type { GroundedSource } from '../../domain/answer/grounded-source.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../retrieval/document-limits.js';

/** Where a source can be opened on this machine. */
export interface SourcePlace {
  /** `path:line` of a text, the path of another file, or the URL. */
  readonly opens: string;
  /** From 1, in the file as it is. Missing where the format has none, or the passage is no longer there. */
  readonly line?: number;
}

/** If the text of the passage is known, it shows whether the file has changed since it was read. */
type Source = Omit<GroundedSource, 'text'> & Partial<Pick<GroundedSource, 'text'>>;

/** Length of the beginning of a passage that is searched for, in UTF-16 units. */
const LOOKED_FOR = 200;
/** Maximum number of occurrences of a passage that are examined. */
const MOST_PLACES = 10_000;
/** For sources that were found before lines were stored: media types whose text is that of the file. */
const HAVE_LINES = new Set(['text/plain', 'text/markdown']);

/** Reads the files to check whether the passages are still in their places. Never throws, because a place without a line can be opened too. */
export async function locateSource(source: Source): Promise<SourcePlace> {
  const { uri, mediaType } = source;
  if (!isAbsolute(uri)) return { opens: uri };
  const near = relative(process.cwd(), uri);
  const path = near === '' || near.startsWith('..') ? uri : near;
  const mayHaveLine = source.line !== undefined || HAVE_LINES.has(mediaType);
  const line = mayHaveLine ? await lineOf(source).catch(() => undefined) : undefined;
  return line === undefined ? { opens: path } : { opens: `${path}:${line}`, line };
}

async function lineOf(source: Source): Promise<number | undefined> {
  const { uri, start, end, text: known, line, stretches } = source;
  const { size } = await stat(uri);
  if (known === undefined && line !== undefined) return line;
  if (size > DEFAULT_DOCUMENT_LIMITS.maxBytes) return undefined;
  // The parsers of all formats are loaded where a file must be read again.
  const { parseDocument } = await import('../../retrieval/parse/parse-document.js');
  const { placeOf } = await import('../../retrieval/chunk/place-chunk.js');
  const document = await parseDocument(await readFile(uri), { name: uri, signal: new AbortController().signal });
  // The repeated header of a table is in another place of the file.
  const own = known?.slice(stretches?.[0]?.at ?? 0) ?? document.text.slice(start, end);
  const passage = own.slice(0, LOOKED_FOR).split('\n\n')[0] ?? '';
  let nearest: { readonly distance: number; readonly line: number } | undefined;
  let at = passage === '' ? -1 : document.text.indexOf(passage);
  for (let places = 0; at !== -1 && places < MOST_PLACES; places++) {
    const { place } = placeOf(document, { start: at, end: at + passage.length }, passage, 0);
    if (place?.start === undefined || place.line === undefined) return undefined;
    const distance = Math.abs((line === undefined ? at : place.start) - start);
    if (nearest === undefined || distance < nearest.distance) nearest = { distance, line: place.line };
    at = document.text.indexOf(passage, at + 1);
  }
  if (nearest === undefined || line === undefined) return nearest?.line;
  // The matching part of the passage may be further down.
  return line + nearest.line - (stretches?.[0]?.line ?? line);
}
