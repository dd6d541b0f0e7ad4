import { columnsOf, type Extent } from './columns.js';
import { LineWords } from './line-words.js';
import type { PdfLine } from './pdf-line.js';

/** A line shorter than this share of the width ends by itself: a heading, a list item, a verse, the last line of a paragraph. */
const FULL_SHARE = 0.8;
/** Lines of one paragraph are at most this many times their height apart. */
const LINE_SPACING = 1.9;
/** Minimum ratio between the letter sizes of a heading and its text. */
const SIZE_RATIO = 1.15;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u{3000}-\u{303F}\u{FF00}-\u{FFEF}]/u;
const HANGUL_END = /\p{Script=Hangul}+$/u;
const HANGUL_BEGINNING = /^\p{Script=Hangul}+/u;
const HYPHEN_END = /\p{L}\p{M}*[-\u2010\u00ad]$/u;
/** Number of characters examined on each side of a line break. */
const NEAR = 80;

/**
 * Joins the lines of a page to paragraphs. Lines that were broken at the width of their column are joined, Chinese ones without a space,
 * and hyphenated words become one. Lines that end by themselves stay lines. A gap or another letter size begins a paragraph.
 *
 * @param words of the document, to tell hyphens of line breaks from hyphens that belong to a word
 */
export function joinLines(lines: readonly PdfLine[], words = wordsOf([lines])): string {
  const columns = columnsOf(lines);
  const pieces: string[] = [];
  let before: { readonly line: PdfLine; readonly column: Extent; readonly content: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const content = line.text.trim();
    const column = columns[index];
    if (content === '' || column === undefined) continue;
    if (before !== undefined) {
      const near = { column: before.column, text: before.content.slice(-NEAR), content, words };
      const joint = jointOf(before.line, line, near);
      if (joint.isHyphenDropped) pieces.push((pieces.pop() ?? '').slice(0, -1));
      pieces.push(joint.between);
    }
    pieces.push(content);
    before = { line, column, content };
  }
  return pieces.join('');
}

/** The words of all pages. */
export function wordsOf(pages: readonly (readonly PdfLine[])[]): LineWords {
  const words = new LineWords();
  for (const lines of pages) {
    let isAfterHyphen = false;
    for (const line of lines) {
      const content = line.text.trim();
      words.add(content, isAfterHyphen);
      isAfterHyphen = HYPHEN_END.test(content.slice(-4));
    }
  }
  return words;
}

/** Joins words that are hyphenated at the end of a page; the whole word goes on the page where it begins. */
export function joinPages(texts: readonly string[], words: LineWords): string[] {
  const pages = [...texts];
  for (let index = 1; index < pages.length; index++) {
    const before = pages[index - 1] ?? '';
    const page = pages[index] ?? '';
    const rest = /^\p{Ll}[\p{L}\p{M}]*[^\s\p{L}]*/u.exec(page.slice(0, NEAR))?.[0];
    if (rest === undefined || !/\p{Ll}[-\u2010\u00ad]$/u.test(before.slice(-4))) continue;
    const hyphen = words.hyphenBetween(before.slice(-NEAR), rest);
    if (hyphen === 'space') continue;
    pages[index - 1] = (hyphen === 'drop' ? before.slice(0, -1) : before) + rest;
    pages[index] = page.slice(rest.length).trimStart();
  }
  return pages;
}

interface Around {
  /** Column of the previous line. */
  readonly column: Extent;
  /** End of the previous line. */
  readonly text: string;
  readonly content: string;
  readonly words: LineWords;
}

function jointOf(before: PdfLine, line: PdfLine, around: Around): { between: string; isHyphenDropped?: boolean } {
  const { column, text, content, words } = around;
  const isNew = beginsParagraph(before, line);
  if (before.isField === true || line.isField === true)
    return { between: isNew && line.isField !== true ? '\n\n' : '\n' };
  if (HYPHEN_END.test(text.slice(-4)) && mayGoOn(before, line, content)) {
    const hyphen = words.hyphenBetween(text, content);
    if (hyphen !== 'space') return { between: '', isHyphenDropped: hyphen === 'drop' };
  }
  if (isNew) return { between: '\n\n' };
  if (before.right - column.left < (column.right - column.left) * FULL_SHARE) return { between: '\n' };
  const last = /.$/su.exec(text.slice(-2))?.[0] ?? '';
  const first = /^./su.exec(content)?.[0] ?? '';
  if (EAST_ASIAN.test(last) && EAST_ASIAN.test(first)) return { between: '' };
  const end = HANGUL_END.exec(text)?.[0];
  const beginning = HANGUL_BEGINNING.exec(content.slice(0, NEAR))?.[0];
  // Korean has spaces, but its lines may break within a word. They are joined without a space if the word occurs elsewhere.
  if (end !== undefined && beginning !== undefined && isKorean(end, beginning, words)) return { between: '' };
  return { between: ' ' };
}

/** Allows for particles of up to two syllables after a word. */
function isKorean(end: string, beginning: string, words: LineWords): boolean {
  return [0, 1, 2].some(
    (left) => beginning.length > left && words.has(end + beginning.slice(0, beginning.length - left)),
  );
}

/** Whether a hyphenated word continues in this line, either in the same paragraph or at the top of the next column. */
function mayGoOn(before: PdfLine, line: PdfLine, content: string): boolean {
  if (ratioOf(before, line) > SIZE_RATIO) return false;
  return !beginsParagraph(before, line) || /^\p{Ll}/u.test(content);
}

function ratioOf(before: PdfLine, line: PdfLine): number {
  return Math.max(before.height, line.height, 1) / Math.max(Math.min(before.height, line.height), 1);
}

function beginsParagraph(before: PdfLine, line: PdfLine): boolean {
  const gap = Math.abs(before.baseline - line.baseline);
  const height = Math.max(before.height, line.height, 1);
  // A line further up is in another column.
  return gap > height * LINE_SPACING || ratioOf(before, line) > SIZE_RATIO || line.baseline > before.baseline + height;
}
