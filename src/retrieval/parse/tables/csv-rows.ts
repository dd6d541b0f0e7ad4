import type { TableCell, TableRow } from './table-row.js';

const DELIMITERS = ['\t', ';', '|', ','] as const;
/** Length of the beginning of a file that is examined to find the delimiter. */
const SAMPLE_CHARACTERS = 65_536;
const SAMPLE_ROWS = 50;
/** First line that declares the delimiter to Excel. */
const SEPARATOR_LINE = /^\uFEFF?sep=(.)\r?\n/iu;
/** Minimum share of rows with the same number of cells if a character is the delimiter. */
const LEAST_ALIKE = 0.6;

/**
 * The rows of a delimited text, whatever its delimiter, without empty rows. Quoted cells may contain delimiters, line breaks and doubled
 * quotes (RFC 4180); a quote that is never closed is an ordinary character.
 *
 * @param preferred delimiter suggested by the file's name
 */
export function* csvRows(source: string, preferred?: string): Generator<TableRow> {
  const named = SEPARATOR_LINE.exec(source);
  const start = named?.[0].length ?? (source.startsWith('\uFEFF') ? 1 : 0);
  const delimiter = named?.[1] ?? delimiterOf(source.slice(start, start + SAMPLE_CHARACTERS), preferred);
  yield* rowsOf(source, start, delimiter);
}

function delimiterOf(sample: string, preferred: string | undefined): string | undefined {
  const candidates = preferred === undefined ? DELIMITERS : [preferred, ...DELIMITERS.filter((it) => it !== preferred)];
  let best: { readonly delimiter: string; readonly alike: number } | undefined;
  for (const delimiter of candidates) {
    const counts: number[] = [];
    for (const { width } of rowsOf(sample, 0, delimiter)) {
      counts.push(width);
      if (counts.length === SAMPLE_ROWS) break;
    }
    // The last row of the sample may be cut off.
    if (sample.length === SAMPLE_CHARACTERS && counts.length > 2) counts.pop();
    const width = mostCommon(counts.filter((count) => count > 1));
    const share = width === undefined ? 0 : counts.filter((count) => count === width).length / counts.length;
    // Rows of different lengths count as well, if each has several cells.
    const alike = Math.max(share, counts.length > 1 && counts.every((count) => count > 1) ? LEAST_ALIKE : 0);
    if (alike >= LEAST_ALIKE && alike > (best?.alike ?? 0)) best = { delimiter, alike };
  }
  return best?.delimiter ?? preferred;
}

function mostCommon(counts: readonly number[]): number | undefined {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}

interface CsvRow extends TableRow {
  /** Number of cells, including empty ones. */
  readonly width: number;
}

function* rowsOf(source: string, start: number, delimiter: string | undefined): Generator<CsvRow> {
  let hasClosingQuotes = true;
  for (let offset = start; offset < source.length;) {
    const from = offset;
    const cells: TableCell[] = [];
    let width = 0;
    let to = from;
    for (let isEnd = false; !isEnd;) {
      let end: number | undefined;
      let text = '';
      if (hasClosingQuotes && source[offset] === '"') {
        const closing = closingQuote(source, offset + 1, delimiter);
        if (closing === undefined) hasClosingQuotes = false;
        else {
          text = source.slice(offset + 1, closing.quote).replaceAll('""', '"');
          end = closing.end;
        }
      }
      if (end === undefined) {
        end = cellEnd(source, offset, delimiter);
        text = source.slice(offset, end);
      }
      text = text.trim();
      if (text !== '') cells.push({ column: width, text });
      width++;
      isEnd = end >= source.length || source[end] !== delimiter;
      to = end;
      offset = end + 1;
    }
    if (source[to] === '\r' && source[to + 1] === '\n') offset++;
    if (cells.length > 0) yield { cells, width, from, to };
  }
}

function cellEnd(source: string, start: number, delimiter: string | undefined): number {
  let offset = start;
  while (offset < source.length && source[offset] !== delimiter && !isLineEnd(source[offset])) offset++;
  return offset;
}

/** The closing quote, after which the cell ends, and that end. */
function closingQuote(
  source: string,
  start: number,
  delimiter: string | undefined,
): { readonly quote: number; readonly end: number } | undefined {
  for (let quote = source.indexOf('"', start); quote !== -1; quote = source.indexOf('"', quote + 1)) {
    if (source[quote + 1] === '"') {
      quote++;
      continue;
    }
    let end = quote + 1;
    while (source[end] === ' ') end++;
    if (end >= source.length || source[end] === delimiter || isLineEnd(source[end])) return { quote, end };
  }
  return undefined;
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}
