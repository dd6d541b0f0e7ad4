/** A cell that is not empty. */
export interface TableCell {
  /** From 0. */
  readonly column: number;
  readonly text: string;
}

/** A row of a table, without its empty cells. */
export interface TableRow {
  /** In order of their columns. */
  readonly cells: readonly TableCell[];
  /** Place of the row in the decoded text of its file. Only if the file is a text. */
  readonly from?: number;
  readonly to?: number;
}
