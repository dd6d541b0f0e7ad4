import type { ReadableText } from '../readable-text.js';
import type { TableCell } from '../tables/table-row.js';
import { TableWriter } from '../tables/table-writer.js';
import { hiddenStyles } from './odf-styles.js';
import { readXml } from './read-xml.js';

/** Elements that are not for readers, or repeat other content. */
const UNREAD = new Set([
  'tracked-changes',
  'annotation',
  'table-of-content',
  'automatic-styles',
  'font-face-decls',
  'scripts',
  'forms',
  // Pronunciation guides beside a word.
  'ruby-text',
]);
/** Attributes with a cell's value, for cells without a displayed text. */
const VALUES = ['string-value', 'date-value', 'time-value', 'boolean-value', 'value'];
/** Maximum repetitions of one cell or space: sheets declare repetitions for all empty cells up to their edge. */
const MAX_REPEATED = 100;

export interface HiddenParts {
  readonly what: 'sheet' | 'slide';
  /** Names of sheets, or numbers of slides. */
  readonly names: readonly string[];
}

/**
 * @param options for `TableWriter`
 * @returns the hidden parts, which are left out
 */
export function writeOdf(
  xml: string,
  readable: ReadableText,
  options: { readonly name: string; readonly maxCharacters: number },
): HiddenParts {
  const hiddenBy = hiddenStyles(xml);
  const hidden: string[] = [];
  let pages = 0;
  /** Open paragraphs, innermost last: a footnote may be within a sentence, or a text box within a paragraph. */
  const paragraphs: string[] = [];
  const notes: string[] = [];
  let noteText: string | undefined;
  let unread: { readonly tag: string; depth: number } | undefined;
  let level: number | undefined;
  let listDepth = 0;
  let isAfterItem = false;
  let isTitle = false;
  let tableDepth = 0;
  let rows: TableWriter | undefined;
  let isSpreadsheet = false;
  let isNotes = false;
  let isFirstRow = true;
  let cells: TableCell[] = [];
  let cell: string | undefined;
  let value = '';
  let column = 0;
  let repeated = 1;
  let isCitation = false;

  const endParagraph = (): void => {
    const text = (paragraphs.pop() ?? '').trim();
    const heading = level;
    level = undefined;
    if (text === '') return;
    if (noteText !== undefined) noteText += noteText === '' ? text : ` ${text}`;
    else if (cell !== undefined) cell += cell === '' ? text : ` ${text}`;
    else if (isNotes) readable.block(`Notes: ${text}`);
    else if (heading !== undefined || isTitle) readable.heading(heading ?? 1, text);
    else if (listDepth > 0) readable[isAfterItem ? 'line' : 'block'](`- ${text}`);
    else readable.block(text);
    isAfterItem = listDepth > 0 && heading === undefined;
  };
  const endRow = (): void => {
    if (rows !== undefined) {
      if (cells.length === 0) rows.gap();
      else rows.add({ cells });
    } else if (cells.length > 0) {
      readable[isFirstRow ? 'block' : 'line'](cells.map(({ text }) => text).join(' | '));
      isFirstRow = false;
    }
  };

  readXml(xml, {
    onOpen(tag, attributes) {
      if (unread !== undefined) {
        if (tag === unread.tag) unread.depth++;
        return;
      }
      if (UNREAD.has(tag)) {
        unread = { tag, depth: 1 };
        return;
      }
      if (tag === 'page') {
        pages++;
        readable.page();
      }
      const isPart = tag === 'page' || (tag === 'table' && isSpreadsheet && tableDepth === 0);
      if (isPart && hiddenBy.has(attributes.get('style-name') ?? '')) {
        hidden.push(tag === 'page' ? String(pages) : (attributes.get('name') ?? ''));
        unread = { tag, depth: 1 };
        return;
      }
      switch (tag) {
        case 'spreadsheet':
          isSpreadsheet = true;
          return;
        case 'frame':
          isTitle = attributes.get('class') === 'title';
          return;
        case 'notes':
          isNotes = true;
          return;
        case 'h':
          level = Math.min(9, Math.max(1, Number(attributes.get('outline-level') ?? 1) || 1));
          paragraphs.push('');
          return;
        case 'p':
          paragraphs.push('');
          return;
        case 'list':
          if (listDepth++ === 0) isAfterItem = false;
          return;
        case 's':
          append(' '.repeat(times(attributes.get('c'))));
          return;
        case 'tab':
          append('\t');
          return;
        case 'line-break':
          append(cell === undefined ? '\n' : ' ');
          return;
        case 'note-citation':
          isCitation = true;
          return;
        // Title and description of a picture, separated from the words around them.
        case 'title':
        case 'desc':
          append(' ');
          return;
        case 'note-body':
          noteText = '';
          return;
        case 'table':
          if (tableDepth++ > 0) return;
          isFirstRow = true;
          if (isSpreadsheet) rows = sheetWriter(attributes.get('name') ?? '');
          return;
        case 'table-row':
          if (tableDepth === 1) cells = [];
          if (tableDepth === 1) column = 0;
          return;
        case 'table-cell':
        case 'covered-table-cell':
          if (tableDepth !== 1) return;
          cell = '';
          value = VALUES.flatMap((name) => attributes.get(name) ?? [])[0] ?? '';
          repeated = Number(attributes.get('number-columns-repeated') ?? 1) || 1;
          return;
        default:
      }
    },
    onClose(tag) {
      if (unread !== undefined) {
        if (tag === unread.tag && --unread.depth === 0) unread = undefined;
        return;
      }
      switch (tag) {
        case 'h':
        case 'p':
          endParagraph();
          return;
        case 'frame':
          isTitle = false;
          return;
        case 'notes':
          isNotes = false;
          return;
        case 'list':
          listDepth = Math.max(0, listDepth - 1);
          return;
        case 'note-citation':
          isCitation = false;
          return;
        case 'title':
        case 'desc':
          append(' ');
          return;
        case 'note-body':
          if (noteText !== undefined && noteText !== '') notes.push(noteText);
          noteText = undefined;
          return;
        case 'table-cell':
        case 'covered-table-cell': {
          if (tableDepth !== 1 || cell === undefined) return;
          const text = (cell.trim() === '' ? value : cell).replace(/\s+/gu, ' ').trim();
          const shown = text === '' ? 0 : Math.min(repeated, MAX_REPEATED);
          for (let index = 0; index < shown; index++) cells.push({ column: column + index, text });
          column += repeated;
          cell = undefined;
          return;
        }
        case 'table-row':
          if (tableDepth === 1) endRow();
          return;
        case 'table':
          tableDepth = Math.max(0, tableDepth - 1);
          if (tableDepth > 0) return;
          rows?.finish();
          rows = undefined;
          return;
        default:
      }
    },
    onText(text) {
      if (unread === undefined && !isCitation) append(text.replace(/\s+/gu, ' '));
    },
  });
  for (const note of notes) readable.block(note);
  return { what: isSpreadsheet ? 'sheet' : 'slide', names: hidden };

  function append(text: string): void {
    const last = paragraphs.length - 1;
    if (last >= 0) paragraphs[last] += text;
  }

  function sheetWriter(sheet: string): TableWriter {
    let isNamed = false;
    return new TableWriter({
      ...options,
      write(line) {
        if (!isNamed) readable.heading(1, sheet);
        isNamed = true;
        readable.block(line);
      },
    });
  }
}

function times(count: string | undefined): number {
  return Math.min(MAX_REPEATED, Math.max(1, Number(count ?? 1) || 1));
}
