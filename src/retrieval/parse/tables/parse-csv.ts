import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { ReadableText } from '../readable-text.js';
import { csvRows } from './csv-rows.js';
import { TableWriter } from './table-writer.js';

/**
 * The rows of a CSV or TSV file, each with the column names if the file begins with them.
 *
 * @throws {DocumentError} if the repeated names make the text too long.
 */
export function parseCsv(source: string, { name, limits }: ParserContext): ParsedText {
  const readable = new ReadableText();
  const writer = new TableWriter({
    name,
    maxCharacters: limits.maxUnpackedBytes,
    write: (line, { from: start = 0, to: end = 0 }) => readable.block(line, { start, end }),
  });
  for (const row of csvRows(source, /\.(?:tsv|tab)$/iu.test(name) ? '\t' : undefined)) writer.add(row);
  writer.finish();
  return { ...readable.finish(), title: '', source: readable.sourceMap(source) };
}
