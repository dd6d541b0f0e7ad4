import { DocumentError } from '../../document-error.js';
import { headerOf, isUnlike, type TableHeader } from './table-header.js';
import type { TableRow } from './table-row.js';

/** Number of rows examined to tell whether the first one contains column names. */
const LOOKED_AT = 20;

/** Output and limits of a `TableWriter`. */
export interface TableWriterOptions {
  readonly name: string;
  /** Maximum length of the output, in which each row repeats the column names. */
  readonly maxCharacters: number;
  /** Called with each row, and each line above a table, as one line. */
  readonly write: (line: string, row: TableRow) => void;
}

/**
 * Writes rows so that each can be understood alone: `Column: value · Column: value`. The names come from the first row, if it contains any
 * (`headerOf`). Lines with a single cell above it, such as titles, stay as they are. After an empty row, another table may begin.
 */
export class TableWriter {
  private pending: TableRow[] = [];
  private header: TableHeader | undefined;
  private isOpen = true;
  private isFirst = true;
  private characters = 0;

  constructor(private readonly options: TableWriterOptions) {}

  add(row: TableRow): void {
    if (row.cells.length === 0) return;
    if (!this.isOpen) return this.write(row, this.header);
    this.pending.push(row);
    if (this.pending.length > LOOKED_AT) this.begin();
  }

  /** An empty row, after which another table with other columns may begin. */
  gap(): void {
    this.begin();
    this.isOpen = true;
  }

  finish(): void {
    this.begin();
  }

  private begin(): void {
    const rows = this.pending;
    if (rows.length === 0) return;
    this.pending = [];
    this.isOpen = false;
    const isWide = rows.some(({ cells }) => cells.length > 1);
    const left = Math.min(...rows.map(({ cells }) => cells[0]?.column ?? Infinity));
    // A title is a single cell at the left edge of the table.
    const top = isWide ? rows.findIndex(({ cells }) => cells.length > 1 || cells[0]?.column !== left) : 0;
    const below = rows.slice(top + 1);
    const first = rows[top];
    const header = first && headerOf(first, below);
    // The second of several tables in a sheet may continue with the columns of the first.
    const isHeader =
      first !== undefined &&
      header !== undefined &&
      (this.isFirst || (isUnlike(first, below) && first.cells.length > 1));
    for (const row of rows.slice(0, top)) this.write(row, undefined);
    if (isHeader) this.header = header;
    if (isWide) this.isFirst = false;
    if (first !== undefined) this.write(first, isHeader || !isWide ? undefined : this.header);
    for (const row of below) this.write(row, isWide || isHeader ? this.header : undefined);
  }

  private write(row: TableRow, header: TableHeader | undefined): void {
    const line = row.cells
      .map(({ column, text }) => {
        const value = text.replace(/\s+/gu, ' ').trim();
        const name = header?.get(column);
        return name === undefined ? value : `${name}: ${value}`;
      })
      .join(' · ');
    this.characters += line.length + 2;
    const { name, maxCharacters, write } = this.options;
    if (this.characters > maxCharacters) {
      throw new DocumentError(
        'Document.TooLarge',
        `${name} becomes more than ${maxCharacters} characters with the names of its columns in each row. Split it.`,
      );
    }
    write(line, row);
  }
}
