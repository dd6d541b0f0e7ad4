import { placeWithin, type Stretch } from '../../domain/knowledge/places.js';
import type { ParsedDocument, SourceMap, TextChunk } from '../../domain/knowledge/retrieval.js';
import type { Span } from '../../domain/words/sentences.js';

/** All stretches are stored with a chunk, and passed on with its hits and sources. If there are more than this, those of each line are merged. */
const MANY_STRETCHES = 64;
/** Maximum for a chunk with more lines than this; neighbouring stretches are then merged. */
const MAX_STRETCHES = 256;

type PlacedText = Pick<ParsedDocument, 'text' | 'source' | 'pages'>;
type Placed = Pick<TextChunk, 'page' | 'place' | 'stretches'>;

/**
 * The place of a chunk in its file, and the places of its parts.
 *
 * @param text of the chunk
 * @param repeated number of its characters before the span's own text
 */
export function placeOf(document: PlacedText, span: Span, text: string, repeated: number): Placed {
  if (document.source === undefined && document.pages === undefined) return {};
  const stretches = [...stretchesOf(document, span)].map((stretch) => ({
    ...stretch,
    at: stretch.at - span.start + repeated,
  }));
  const place = placeWithin(stretches, text, repeated, text.length);
  return {
    ...(place.page !== undefined && { page: place.page }),
    place,
    // A single verbatim stretch says no more than `place`.
    ...((stretches.length > 1 || repeated > 0 || !isVerbatim(stretches[0], text.length)) && {
      stretches: fewStretches(stretches, text),
    }),
  };
}

/**
 * Merges stretches if there are too many, as in a text with decomposed accents, where many characters are written differently in the file:
 * those of a line become one, and if there are still too many, neighbours do.
 */
function fewStretches(stretches: readonly Stretch[], text: string): readonly Stretch[] {
  if (stretches.length <= MANY_STRETCHES) return stretches;
  const withLines = stretches.map((stretch, index): Stretch => {
    const { at, line } = stretch;
    const next = stretches[index + 1]?.at ?? text.length;
    if (line === undefined || !isVerbatim(stretch, next - at)) return stretch;
    // The line break at the end of a line belongs to that line.
    const breaks = text.slice(at, next - 1).split('\n').length - 1;
    return breaks === 0 ? stretch : { ...stretch, endLine: line + breaks };
  });
  const ofLines = merged(
    withLines,
    (first, next) => next.line === first.line && first.endLine === undefined && next.endLine === undefined,
  );
  const each = Math.ceil(ofLines.length / MAX_STRETCHES);
  return each === 1 ? ofLines : merged(ofLines, (_first, _next, count) => count < each);
}

/** Merges neighbours on the same page for which `goTogether` holds. */
function merged(
  stretches: readonly Stretch[],
  goTogether: (first: Stretch, next: Stretch, count: number) => boolean,
): Stretch[] {
  const found: Stretch[] = [];
  let count = 0;
  for (const next of stretches) {
    const first = found.at(-1);
    if (first === undefined || first.page !== next.page || !goTogether(first, next, count)) {
      found.push(next);
      count = 1;
      continue;
    }
    count++;
    const endLine = next.endLine ?? next.line;
    found[found.length - 1] = {
      ...first,
      ...(next.end !== undefined && { end: next.end }),
      ...(endLine !== undefined && endLine !== first.line && { endLine }),
    };
  }
  return found;
}

function isVerbatim(stretch: Stretch | undefined, length: number): boolean {
  return stretch?.start === undefined || stretch.end === undefined || stretch.end - stretch.start === length;
}

/** The stretches of a span; `at` is an offset in the document's text. */
function* stretchesOf({ text, source, pages }: PlacedText, { start, end }: Span): Generator<Stretch> {
  let index = source === undefined ? 0 : lastAtOrBefore(source.text, start);
  let page = pages === undefined ? 0 : lastAtOrBefore(pages, start);
  for (let at = start; at < end;) {
    const next = Math.min(end, source?.text[index + 1] ?? end, pages?.[page + 1] ?? end);
    yield {
      at,
      ...(source !== undefined && inFile(source, text.length, index, { start: at, end: next })),
      ...(pages !== undefined && { page: page + 1 }),
    };
    at = next;
    while ((source?.text[index + 1] ?? Infinity) <= at) index++;
    while ((pages?.[page + 1] ?? Infinity) <= at) page++;
  }
}

function inFile(source: SourceMap, textLength: number, index: number, part: Span): Omit<Stretch, 'at'> {
  const { text, from, to, lines, before = 0 } = source;
  const begin = text[index] ?? 0;
  const [first, last] = [from[index] ?? 0, to[index] ?? 0];
  const verbatim = last - first === (text[index + 1] ?? textLength) - begin;
  const start = verbatim ? first + part.start - begin : first;
  const end = verbatim ? first + part.end - begin : last;
  const line = lastAtOrBefore(lines, start) + 1;
  const endLine = verbatim ? line : lastAtOrBefore(lines, Math.max(start, end - 1)) + 1;
  return { start: start + before, end: end + before, line, ...(endLine > line && { endLine }) };
}

/** Index of the last of ascending numbers that is at most `value`; 0 if there is none. */
export function lastAtOrBefore(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
