import type { Place } from '../../../src/domain/knowledge/places.js';
import type { Span } from '../../../src/domain/words/sentences.js';
import type { Found } from './find-passage.js';
import type { FoldedText } from './folded-text.js';

/** The file as read without the product: its decoded text, or the texts of its pages one after the other. */
export interface OtherReading {
  readonly text: string;
  /** Offsets in `text` at which pages begin. Missing where the file is a text, which has lines. */
  readonly pages?: readonly number[];
  /** Of a table: each row stands in the passages in another way, so that its place is that of the whole row. */
  readonly rows?: readonly Span[];
}

/** What is wrong with the place that is told of a passage; undefined where nothing is. */
export function faultOfPlace(
  told: Place,
  found: Found,
  { reading, folded }: { readonly reading: OtherReading; readonly folded: FoldedText },
): string | undefined {
  const begins = found.first.map((at) => folded.from[at] ?? 0);
  const ends = found.last.map((at) => folded.to[at] ?? 0);
  const { pages, rows } = reading;
  if (pages !== undefined) {
    const pageOf = (offset: number): number => pages.findLastIndex((start) => start <= offset) + 1;
    return (
      differs('page', told.page, begins.map(pageOf)) ??
      differs(
        'last page',
        told.endPage ?? told.page,
        ends.map((end) => pageOf(end - 1)),
      )
    );
  }
  const lineOf = (offset: number): number => (reading.text.slice(0, offset).match(/\r\n|[\n\r]/gu)?.length ?? 0) + 1;
  const rowOf = (offset: number): Span | undefined => rows?.findLast((row) => row.start <= offset);
  const starts = begins.map((at) => rowOf(at)?.start ?? at);
  const stops = ends.map((at) => rowOf(at - 1)?.end ?? at);
  return (
    differs('start', told.start, starts) ??
    differs('end', told.end, stops) ??
    differs('line', told.line, starts.map(lineOf)) ??
    differs(
      'last line',
      told.endLine ?? told.line,
      stops.map((end) => lineOf(end - 1)),
    )
  );
}

function differs(what: string, told: number | undefined, found: readonly number[]): string | undefined {
  return told !== undefined && found.includes(told) ? undefined : `${what}: told ${told}, found ${found.join(' or ')}`;
}
