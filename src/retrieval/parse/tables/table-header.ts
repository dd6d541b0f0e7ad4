import type { TableRow } from './table-row.js';

/** Longer column names are cut, because each row repeats them. */
const NAME_CHARACTERS = 80;
/** A number, an amount, a share, a date, a time or a truth value. */
const VALUE =
  /^(?:[-+(]?\s?[$€£¥₩]?\s?[-+]?\d[\d.,'’\s]*(?:e[-+]?\d+)?\s?(?:%|[$€£¥₩]|[a-z]{1,3})?\)?|\d{1,4}[-./年]\d{1,2}[-./月]\d{1,4}日?.{0,20}|\d{1,2}:\d{2}.{0,12}|true|false)$/iu;
const LONGEST_VALUE = 40;
const YEAR = /^(?:1[89]|20)\d\d$/u;

/** Column names by column number. */
export type TableHeader = ReadonlyMap<number, string>;

/** Whether the text of a cell is words rather than a value. */
export function isWords(text: string): boolean {
  return text.length > LONGEST_VALUE || !VALUE.test(text);
}

/**
 * The column names, if the first row contains them: each cell is words, all are different, and they cover at least half as many columns as
 * the longest row below. A year counts as a name if there are no years below it.
 */
export function headerOf(first: TableRow, below: readonly TableRow[]): TableHeader | undefined {
  const { cells } = first;
  if (cells.length === 0 || below.length === 0) return undefined;
  const names = new Map<number, string>();
  const seen = new Set<string>();
  for (const { column, text } of cells) {
    const isName = isWords(text) || (cells.length > 1 && YEAR.test(text) && !hasYears(below, column));
    if (!isName || seen.has(text.toLowerCase())) return undefined;
    seen.add(text.toLowerCase());
    const name = text.replace(/\s+/gu, ' ').trim().replace(/:$/u, '');
    names.set(column, name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS).toWellFormed()}…` : name);
  }
  if (![...names.values()].some((name) => isWords(name))) return undefined;
  const widest = below.reduce((most, row) => Math.max(most, row.cells.length), 0);
  return names.size * 2 >= widest ? names : undefined;
}

/** Whether rows differ from the first row, which therefore contains names: they have values below its words. */
export function isUnlike(first: TableRow, below: readonly TableRow[]): boolean {
  const words = new Set(first.cells.filter(({ text }) => isWords(text)).map(({ column }) => column));
  return below.some(({ cells }) => cells.some(({ column, text }) => words.has(column) && !isWords(text)));
}

function hasYears(rows: readonly TableRow[], column: number): boolean {
  return rows.some(({ cells }) => cells.some((cell) => cell.column === column && YEAR.test(cell.text)));
}
