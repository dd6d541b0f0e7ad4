import type { Heading } from '../../domain/knowledge/retrieval.js';
import type { Span } from '../../domain/words/sentences.js';
import { cleanedWithMap } from './clean-text.js';
import { frontMatterOf } from './front-matter.js';
import { markdownLines } from './markdown-lines.js';
import { markdownTables } from './markdown-tables.js';
import type { MappedText } from './mapped-text.js';
import type { ParsedText } from './parsed-text.js';
import { withoutInlineData } from './without-inline-data.js';

/** source: CommonMark 0.31, 4.2 */
const ATX_HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*)|)$/u;
/** source: CommonMark 0.31, 4.3 */
const SETEXT_UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/u;
/** A heading in HTML on one line, as many project pages have at the top. */
const HTML_HEADING = /^ {0,3}<h([1-6])(?:\s[^<>]{0,500})?>(.*)<\/h[1-6]>\s*$/iu;
/** Lines that begin another block and so cannot be the text of an underlined heading. */
const NO_PARAGRAPH = /^(?: {4}|\t| {0,3}(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\|))/u;
const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆]`;
/** A line that ends in a script without spaces, where a line break may be in the middle of a word. */
const ENDS_UNSPACED = new RegExp(`${UNSPACED}$`, 'u');
const BEGINS_UNSPACED = new RegExp(`^ {0,3}${UNSPACED}`, 'u');
const BROKEN = new RegExp(`${UNSPACED}\\n {0,3}${UNSPACED}`, 'u');

/**
 * Markdown is readable as it is, so its text stays. Only parts that readers do not see are left out: front matter, whose `title` becomes
 * the document's title, comments, and inline images. Chinese and Japanese lines of a paragraph are joined.
 */
export function parseMarkdown(source: string): ParsedText {
  let mapped = cleanedWithMap(source);
  const frontMatter = frontMatterOf(mapped.text);
  const begin = frontMatter?.end ?? /^\n*/u.exec(mapped.text)?.[0].length ?? 0;
  if (begin > 0) mapped = mapped.without([{ start: 0, end: begin }]);
  mapped = joined(withoutComments(withoutInlineData(mapped)));
  const { text } = mapped;
  const headings = [...headingsOf(text)];
  const tables = text.includes('|') ? [...markdownTables(text)] : [];
  return {
    text,
    headings,
    title: frontMatter?.title ?? headings.find(({ level }) => level === 1)?.text ?? headings[0]?.text ?? '',
    source: mapped.mapTo(source),
    ...(tables.length > 0 && { tables }),
  };
}

function withoutComments(mapped: MappedText): MappedText {
  if (!mapped.text.includes('<!--')) return mapped;
  const spans: { start: number; end: number }[] = [];
  for (const { kind, offset, end } of markdownLines(mapped.text)) {
    if (kind !== 'comment') continue;
    // The line break after the comment stays, as does any text between the two.
    const close = mapped.text.slice(offset, end).lastIndexOf('-->');
    const last = spans.at(-1);
    const stop = close === -1 ? end : offset + close + 3;
    if (last?.end === offset) last.end = stop;
    else spans.push({ start: offset, end: stop });
  }
  return mapped.without(spans);
}

function joined(mapped: MappedText): MappedText {
  if (!BROKEN.test(mapped.text)) return mapped;
  const breaks: Span[] = [];
  let before: { readonly isOpen: boolean; readonly end: number } | undefined;
  for (const { line, end, kind, offset } of markdownLines(mapped.text)) {
    const isProse = kind === 'text' && !line.includes('|') && !ATX_HEADING.test(line);
    if (before?.isOpen === true && isProse && BEGINS_UNSPACED.test(line)) {
      breaks.push({ start: before.end - 1, end: offset + line.length - line.trimStart().length });
    }
    before = { isOpen: isProse && end - offset === line.length + 1 && ENDS_UNSPACED.test(line), end };
  }
  return mapped.without(breaks);
}

function* headingsOf(text: string): Generator<Heading> {
  /** The previous line, if it could be the text of a heading. */
  let paragraph: { readonly text: string; readonly offset: number } | undefined;
  for (const { line, offset, kind } of markdownLines(text)) {
    const html = kind === 'html' ? HTML_HEADING.exec(line) : null;
    if (html !== null) {
      const heading = plainHeading(html[2] ?? '');
      if (heading !== '') yield { level: Number(html[1]), text: heading, offset };
    }
    if (kind !== 'text') {
      paragraph = undefined;
      continue;
    }
    const atx = ATX_HEADING.exec(line);
    const underline = SETEXT_UNDERLINE.exec(line)?.[1];
    if (atx !== null) {
      const heading = plainHeading((atx[2] ?? '').replace(/(?:^|(?<![ \t])[ \t]+)#+[ \t]*$/u, ''));
      if (heading !== '') yield { level: atx[1]?.length ?? 1, text: heading, offset };
      paragraph = undefined;
    } else if (underline !== undefined && paragraph !== undefined) {
      const heading = plainHeading(paragraph.text);
      if (heading !== '') yield { level: underline.startsWith('=') ? 1 : 2, text: heading, offset: paragraph.offset };
      paragraph = undefined;
    } else if (paragraph !== undefined || !NO_PARAGRAPH.test(line)) {
      // If several lines are above the underline, they all belong to the heading, but only the last one becomes its text.
      paragraph = { text: line, offset: paragraph?.offset ?? offset };
    }
  }
}

/** The words of a heading, without the marks for emphasis, code, links and images. */
function plainHeading(text: string): string {
  return text
    .replace(/!?\[([^[\]]{0,500})\](?:\([^()\s]{0,1000}\)|\[[^[\]]{0,200}\])?/gu, '$1')
    .replace(/\{#[\w-]{1,100}\}\s*$/u, '')
    .replace(/(\*\*|__|\*|`)(\S|\S[^*`]{0,500}?\S)\1/gu, '$2')
    .replace(/<[^<>]{1,200}>/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}
