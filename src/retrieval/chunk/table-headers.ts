import type { ParsedDocument, Table } from '../../domain/knowledge/retrieval.js';
import type { Span } from '../../domain/words/sentences.js';
import { lastAtOrBefore } from './place-chunk.js';

/** Maximum share of a chunk for the column names, because searches look for the rows. */
const LARGEST_SHARE = 0.3;
/** Longer headers are not even counted. */
const LONGEST_HEADER = 4000;
const COUNTED_AT_ONCE = 256;

/** The headers of a document's tables, for chunks that begin within the rows of a table. */
export class TableHeaders {
  private readonly starts: readonly number[];

  private constructor(
    private readonly text: string,
    private readonly tables: readonly Table[],
  ) {
    this.starts = tables.map(({ start }) => start);
  }

  /** The headers that leave room for rows in chunks of `maxTokens`. */
  static async of(
    { text, tables = [] }: Pick<ParsedDocument, 'text' | 'tables'>,
    maxTokens: number,
    countTokens: (texts: readonly string[]) => Promise<readonly number[]>,
  ): Promise<TableHeaders> {
    const kept: Table[] = [];
    for (let from = 0; from < tables.length; from += COUNTED_AT_ONCE) {
      const some = tables
        .slice(from, from + COUNTED_AT_ONCE)
        .filter(({ start, headerEnd }) => headerEnd - start <= LONGEST_HEADER);
      const counts = await countTokens(some.map((table) => headerOf(text, table)));
      kept.push(...some.filter((_, index) => (counts[index] ?? Infinity) <= maxTokens * LARGEST_SHARE));
    }
    return new TableHeaders(text, kept);
  }

  /** Header of the table whose rows contain the offset, with a line break; otherwise empty. */
  before(offset: number): string {
    if (this.tables.length === 0) return '';
    const table = this.tables[lastAtOrBefore(this.starts, offset)];
    return table === undefined || offset < table.headerEnd || offset >= table.end ? '' : headerOf(this.text, table);
  }

  withHeader({ start, end }: Span): string {
    return this.before(start) + this.text.slice(start, end);
  }
}

function headerOf(text: string, { start, headerEnd }: Table): string {
  return `${text.slice(start, headerEnd).trimEnd()}\n`;
}
