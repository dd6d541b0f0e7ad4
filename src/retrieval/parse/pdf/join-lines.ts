import { columnsOf, type Extent } from './columns.js';
import { LineWords } from './line-words.js';
import type { PdfLine } from './pdf-line.js';

/** A line that ends before this share of the width ends by itself: a heading, an item, a verse, a paragraph's last line. */
const FULL_SHARE = 0.8;
/** Lines of one paragraph are at most this many times their height apart. */
const LINE_SPACING = 1.9;
/** Letters differ in size by this much between a heading and its text. */
const SIZE_RATIO = 1.15;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u{3000}-\u{303F}\u{FF00}-\u{FFEF}]/u;
const HANGUL_END = /\p{Script=Hangul}+$/u;
const HANGUL_BEGINNING = /^\p{Script=Hangul}+/u;
const HYPHEN_END = /\p{L}\p{M}*[-\u2010\u00ad]$/u;
/** Looked at on each side of a joint. */
const NEAR = 80;

/**
 * Lines of a page as paragraphs: those that their column's width broke are joined, Chinese without a space, a word divided by a hyphen
 * as one. Lines that ended by themselves stay lines; a gap or another size of letters begins a paragraph.
 *
 * @param words of the document, to tell hyphens that divide from those that belong to a word
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

/** Of all pages. */
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

/** A word that the end of a page divides, whole on the page where it begins. */
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
  /** Of the line before. */
  readonly column: Extent;
  /** The end of the line before. */
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
  // Korean has spaces, and lines that break within a word: joined where the word stands elsewhere.
  if (end !== undefined && beginning !== undefined && isKorean(end, beginning, words)) return { between: '' };
  return { between: ' ' };
}

/** Particles of up to two syllables follow a word. */
function isKorean(end: string, beginning: string, words: LineWords): boolean {
  return [0, 1, 2].some(
    (left) => beginning.length > left && words.has(end + beginning.slice(0, beginning.length - left)),
  );
}

/** Whether a word that a hyphen divides goes on in a line: the next one of the paragraph, or at the top of the next column. */
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
  // Further up: another column.
  return gap > height * LINE_SPACING || ratioOf(before, line) > SIZE_RATIO || line.baseline > before.baseline + height;
}
