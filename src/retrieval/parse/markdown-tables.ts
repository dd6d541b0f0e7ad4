import type { Table } from '../../domain/knowledge/retrieval.js';
import { markdownLines, type MarkdownLine } from './markdown-lines.js';

/** The line under the column names. source: GitHub Flavored Markdown 0.29, 4.10 */
const DIVIDER = /^[ \t]{0,9}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/u;

/** The tables of a Markdown text, in order, except those in code and HTML. */
export function* markdownTables(text: string): Generator<Table> {
  let before: MarkdownLine | undefined;
  let open: { readonly start: number; readonly headerEnd: number; end: number } | undefined;
  for (const line of markdownLines(text)) {
    const isRow = line.kind === 'text' && line.line.includes('|');
    if (open !== undefined) {
      if (isRow) {
        open.end = line.end;
        continue;
      }
      yield open;
      open = undefined;
    }
    if (isRow && before !== undefined && DIVIDER.test(line.line) && cells(before.line) === cells(line.line)) {
      open = { start: before.offset, headerEnd: line.end, end: line.end };
    }
    before = isRow ? line : undefined;
  }
  if (open !== undefined) yield open;
}

function cells(line: string): number {
  return line.replaceAll('\\|', '').trim().replace(/^\|/u, '').replace(/\|$/u, '').split('|').length;
}
