import type { Table } from '../../../domain/knowledge/retrieval.js';
import type { Span } from '../../../domain/words/sentences.js';
import type { PageNode } from './page-tree.js';

/** Collects the tables of a page that have rows under column names, while their rows are written. */
export class PageTables {
  readonly found: Table[] = [];
  private open: { readonly start: number; headerEnd: number; end: number } | undefined;
  private isWithin = false;

  begin(): void {
    this.end();
    this.isWithin = true;
  }

  /** @param span place of the row in the text */
  row(row: PageNode, { start, end }: Span): void {
    if (!this.isWithin) return;
    if (!isHeader(row)) {
      if (this.open !== undefined) this.open.end = end;
      return;
    }
    const { open } = this;
    if (open !== undefined && open.end === open.headerEnd) {
      // The header has several rows.
      open.headerEnd = end;
      open.end = end;
      return;
    }
    // From here on, other column names apply.
    this.close();
    this.open = { start, headerEnd: end, end };
  }

  end(): void {
    this.close();
    this.isWithin = false;
  }

  private close(): void {
    const { open } = this;
    if (open !== undefined && open.end > open.headerEnd) this.found.push(open);
    this.open = undefined;
  }
}

/**
 * Whether a row contains column names: it is in the table's head, or all its cells are headers. A single cell is a title of the table or of
 * the rows below.
 */
function isHeader({ children, parent }: PageNode): boolean {
  const cells = children.filter((child) => typeof child !== 'string' && (child.tag === 'th' || child.tag === 'td'));
  if (cells.length < 2) return false;
  return parent?.tag === 'thead' || cells.every((cell) => typeof cell !== 'string' && cell.tag === 'th');
}
