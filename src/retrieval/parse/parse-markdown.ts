import type { Heading } from '../../domain/retrieval.js';
import type { ParsedText } from './parsed-text.js';
import { cleaned } from './readable-text.js';

/** A fence is closed by one of the same character that is at least as long. source: CommonMark 0.31, 4.5 */
const FENCE = /^ {0,3}(`{3,}(?!.*`)|~{3,})/u;
/** source: CommonMark 0.31, 4.2 */
const ATX_HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*)|)$/u;
/** source: CommonMark 0.31, 4.3 */
const SETEXT_UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/u;
/** What cannot be the text over an underline: another block's beginning. */
const NO_PARAGRAPH = /^(?: {4}|\t| {0,3}(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\|))/u;
/** Front matter longer than this is none: two rules with a text between. */
const LONGEST_FRONT_MATTER = 20_000;

/** Markdown is read by people as it is: its text stays, but for the front matter, whose `title` is the document's. */
export function parseMarkdown(source: string): ParsedText {
  const { text, title } = withoutFrontMatter(cleaned(source).replace(/^\n+/u, ''));
  const headings = [...headingsOf(text)];
  return { text, headings, title: title ?? headings.find(({ level }) => level === 1)?.text ?? headings[0]?.text ?? '' };
}

function* headingsOf(text: string): Generator<Heading> {
  let fence: string | undefined;
  /** The line before, where it could be a heading's text. */
  let paragraph: { readonly text: string; readonly offset: number } | undefined;
  for (const { line, offset } of linesOf(text)) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined;
      continue;
    }
    if (mark !== undefined) {
      fence = mark;
      paragraph = undefined;
      continue;
    }
    const atx = ATX_HEADING.exec(line);
    const underline = SETEXT_UNDERLINE.exec(line)?.[1];
    if (atx !== null) {
      const heading = plainHeading((atx[2] ?? '').replace(/(?:^|[ \t]+)#+[ \t]*$/u, ''));
      if (heading !== '') yield { level: atx[1]?.length ?? 1, text: heading, offset };
      paragraph = undefined;
    } else if (underline !== undefined && paragraph !== undefined) {
      const heading = plainHeading(paragraph.text);
      if (heading !== '') yield { level: underline.startsWith('=') ? 1 : 2, text: heading, offset: paragraph.offset };
      paragraph = undefined;
    } else if (line.trim() === '') paragraph = undefined;
    // Of several lines over an underline, which together are the heading, the last names it.
    else if (paragraph !== undefined || !NO_PARAGRAPH.test(line))
      paragraph = { text: line, offset: paragraph?.offset ?? offset };
  }
}

function* linesOf(text: string): Generator<{ readonly line: string; readonly offset: number }> {
  for (let offset = 0; offset < text.length;) {
    const at = text.indexOf('\n', offset);
    const end = at === -1 ? text.length : at;
    // No heading is longer than this, and regular expressions over a line of megabytes take long.
    yield { line: text.slice(offset, Math.min(end, offset + 2000)), offset };
    offset = end + 1;
  }
}

/** A heading's words, without the marks for emphasis, code, links and images. */
function plainHeading(text: string): string {
  return text
    .replace(/!?\[([^[\]]{0,500})\](?:\([^()\s]{0,1000}\)|\[[^[\]]{0,200}\])?/gu, '$1')
    .replace(/\{#[\w-]{1,100}\}\s*$/u, '')
    .replace(/(\*\*|__|\*|`)(\S|\S[^*`]{0,500}?\S)\1/gu, '$2')
    .replace(/<[^<>]{1,200}>/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

function withoutFrontMatter(source: string): { readonly text: string; readonly title?: string } {
  if (!/^(?:---|\+\+\+)[ \t]*\n/u.test(source)) return { text: source };
  const rule = source.slice(0, 3);
  const head = source.slice(0, LONGEST_FRONT_MATTER);
  const end = new RegExp(`\\n${rule === '---' ? '(?:---|\\.\\.\\.)' : '\\+\\+\\+'}[ \\t]*(?:\\n|$)`, 'u').exec(head);
  if (end === null) return { text: source };
  const body = head.slice(head.indexOf('\n') + 1, end.index);
  // A rule, a text and a rule: front matter has keys.
  if (!/^[\w-]+\s*[:=]/mu.test(body)) return { text: source };
  const title = /^title\s*[:=]\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\n]*))/mu.exec(body);
  return {
    text: source.slice(end.index + end[0].length).replace(/^\n+/u, ''),
    title: (title?.[1] ?? title?.[2] ?? title?.[3])?.trim() || undefined,
  };
}
