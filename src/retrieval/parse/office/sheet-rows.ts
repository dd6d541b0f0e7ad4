import type { TableCell, TableRow } from '../tables/table-row.js';
import type { CellFormats } from './cell-format.js';
import { readXml } from './read-xml.js';

/** Column XFD. source: Excel's limits */
const MAX_COLUMNS = 16_384;
/** Maximum number of rows filled from merged cells: a row with a thousand columns under one title does not name them. */
const MAX_MERGED = 10_000;

/** The workbook's data that a sheet uses, and the callback for its rows. */
export interface SheetOptions {
  readonly sharedStrings: readonly string[];
  readonly formats: CellFormats;
  /** Called with the rows in order. `isAfterGap`: the rows between the previous one and this one are empty. */
  readonly onRow: (row: TableRow, isAfterGap: boolean) => void;
}

/** The rows of a sheet of a workbook. The value of a merged cell appears in each row that it covers, in its first column. */
export function readSheet(xml: string, { sharedStrings, formats, onRow }: SheetOptions): void {
  const merged = mergedCells(xml);
  const mergedValues = new Map<MergedRange, string>();
  let cells: TableCell[] = [];
  let rowNumber = 0;
  let lastRow: number | undefined;
  let column = -1;
  let type = '';
  let style = 0;
  let value = '';
  let inline = '';
  let reading: 'value' | 'inline' | undefined;
  let phonetic = 0;

  const endRow = (): void => {
    for (const range of merged.get(rowNumber) ?? []) {
      const at = cells.findIndex((cell) => cell.column >= range.column);
      const cell = at === -1 ? undefined : cells[at];
      const text = mergedValues.get(range);
      if (cell?.column === range.column) mergedValues.set(range, cell.text);
      else if (text !== undefined) cells.splice(at === -1 ? cells.length : at, 0, { column: range.column, text });
    }
    if (cells.length > 0) {
      onRow({ cells }, lastRow !== undefined && rowNumber > lastRow + 1);
      lastRow = rowNumber;
    }
    cells = [];
  };

  readXml(xml, {
    onOpen(tag, attributes) {
      switch (tag) {
        case 'row':
          rowNumber = Number(attributes.get('r') ?? rowNumber + 1);
          column = -1;
          return;
        case 'c': {
          const named = columnOf(attributes.get('r') ?? '');
          column = named ?? column + 1;
          type = attributes.get('t') ?? 'n';
          style = Number(attributes.get('s') ?? 0);
          value = '';
          inline = '';
          return;
        }
        case 'v':
          reading = 'value';
          return;
        case 't':
          reading = phonetic === 0 ? 'inline' : undefined;
          return;
        case 'rPh':
          phonetic++;
          return;
        default:
      }
    },
    onClose(tag) {
      switch (tag) {
        case 'v':
        case 't':
          reading = undefined;
          return;
        case 'rPh':
          phonetic--;
          return;
        case 'c': {
          const text = textOf({ type, style, value, inline }).trim();
          const isInOrder = column > (cells.at(-1)?.column ?? -1) && column < MAX_COLUMNS;
          if (text !== '' && isInOrder) cells.push({ column, text });
          return;
        }
        case 'row':
          endRow();
          return;
        default:
      }
    },
    onText(text) {
      if (reading === 'value') value += text;
      else if (reading === 'inline') inline += text;
    },
  });

  function textOf(cell: {
    readonly type: string;
    readonly style: number;
    readonly value: string;
    readonly inline: string;
  }): string {
    switch (cell.type) {
      case 's':
        return sharedStrings[Number(cell.value)] ?? '';
      case 'inlineStr':
        return cell.inline;
      case 'b':
        return cell.value.trim() === '' ? '' : cell.value.trim() === '1' ? 'TRUE' : 'FALSE';
      case 'n':
        return formats.show(cell.style, cell.value);
      case 'd':
        return cell.value.replace(/T00:00:00(?:\.0+)?Z?$/u, '').replace('T', ' ');
      default:
        // Results of formulas, and errors such as #N/A.
        return cell.value === '' ? cell.inline : cell.value;
    }
  }
}

/** All strings that the cells of a workbook refer to by number, without pronunciation guides of Chinese and Japanese words. */
export function readSharedStrings(xml: string): readonly string[] {
  const strings: string[] = [];
  let text = '';
  let isText = false;
  let phonetic = 0;
  readXml(xml, {
    onOpen(tag) {
      if (tag === 'si') text = '';
      else if (tag === 'rPh') phonetic++;
      else if (tag === 't') isText = phonetic === 0;
    },
    onClose(tag) {
      if (tag === 'si') strings.push(text);
      else if (tag === 'rPh') phonetic--;
      else if (tag === 't') isText = false;
    },
    onText: (part) => void (text += isText ? part : ''),
  });
  return strings;
}

interface MergedRange {
  /** First column, from 0. */
  readonly column: number;
}

/** Merged ranges of more than one row, by the rows that they cover. In the file, they follow the rows. */
function mergedCells(xml: string): ReadonlyMap<number, readonly MergedRange[]> {
  const byRow = new Map<number, MergedRange[]>();
  let filled = 0;
  readXml(xml.slice(Math.max(0, xml.lastIndexOf('sheetData'))), {
    onOpen(tag, attributes) {
      if (tag !== 'mergeCell') return;
      const range = /^([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})$/u.exec(attributes.get('ref') ?? '');
      const column = columnOf(range?.[1] ?? '');
      if (range === null || column === undefined) return;
      const last = Number(range[3]);
      const merged = { column };
      for (let row = Number(range[2]); row <= last && last > Number(range[2]) && filled < MAX_MERGED; row++, filled++) {
        const others = byRow.get(row);
        if (others === undefined) byRow.set(row, [merged]);
        else others.push(merged);
      }
    },
  });
  return byRow;
}

/** Column, from 0, of a reference such as `AB12`. */
function columnOf(reference: string): number | undefined {
  const letters = /^[A-Z]{1,3}/u.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}
