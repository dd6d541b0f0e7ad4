import { DocumentError } from '../../document-error.js';
import { headerOf, isUnlike, type TableHeader } from './table-header.js';
import type { TableRow } from './table-row.js';

/** Rows that are looked at to see whether the first one names the columns. */
const LOOKED_AT = 20;

/** Where a `TableWriter` writes, and how much. */
export interface TableWriterOptions {
  readonly name: string;
  /** Of characters that may come out: names of columns are repeated in each row. */
  readonly maxCharacters: number;
  /** Gets each row, or each line above a table, as one line. */
  readonly write: (line: string, row: TableRow) => void;
}

/**
 * Rows as readers of one alone understand them: `Column: value · Column: value`. The names come from the first row, if it has any
 * (`headerOf`); lines above it with a single cell, such as titles, stay as they are. After an empty row another table may begin.
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

  /** An empty row: what follows may be another table, with columns of its own. */
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
    // A title is one cell, where the table begins.
    const top = isWide ? rows.findIndex(({ cells }) => cells.length > 1 || cells[0]?.column !== left) : 0;
    const below = rows.slice(top + 1);
    const first = rows[top];
    const header = first && headerOf(first, below);
    // The second of several tables in a sheet may go on with the columns of the first.
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
