import type { ReadableText } from '../readable-text.js';

/** Writes tables as rows of cells. A table within a cell is part of that cell. */
export class TableText {
  private depth = 0;
  private cells: string[] = [];
  private cell = '';
  private isFirstRow = false;

  constructor(private readonly readable: ReadableText) {}

  get isOpen(): boolean {
    return this.depth > 0;
  }

  /** Adds a paragraph of the cell. */
  add(text: string): void {
    this.cell += this.cell === '' ? text : ` ${text}`;
  }

  openTable(): void {
    if (this.depth++ === 0) this.isFirstRow = true;
  }

  openRow(): void {
    if (this.depth === 1) this.cells = [];
  }

  openCell(): void {
    if (this.depth === 1) this.cell = '';
  }

  closeCell(): void {
    if (this.depth !== 1) return;
    this.cells.push(this.cell.replace(/\s+/gu, ' '));
    this.cell = '';
  }

  closeRow(): void {
    if (this.depth !== 1) return;
    if (this.cells.some((content) => content !== '')) {
      this.readable[this.isFirstRow ? 'block' : 'line'](this.cells.join(' | '));
      this.isFirstRow = false;
    }
    this.cells = [];
  }

  closeTable(): void {
    this.depth = Math.max(0, this.depth - 1);
  }
}
