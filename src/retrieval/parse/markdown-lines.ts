/** A line of Markdown with its kind. */
export interface MarkdownLine {
  /** The line without its line end; cut after 2,000 characters, which is longer than any heading. */
  readonly line: string;
  readonly offset: number;
  /** Offset after the line end. */
  readonly end: number;
  /** `code` and `html` include the first and last line of their block; the lines of an HTML comment are `comment`. */
  readonly kind: 'text' | 'blank' | 'code' | 'html' | 'comment';
}

/** A fence ends at a fence of the same character that is at least as long. source: CommonMark 0.31, 4.5 */
const FENCE = /^ {0,3}(`{3,}(?!.*`)|~{3,})/u;
/** List markers before a fence that begins in a list item. */
const ITEM_MARKS = /^(?: {0,3}(?:[-+*]|\d{1,9}[.)])[ \t]{1,4}){1,9}/u;
/** Longest possible heading; regular expressions would be slow on a line of megabytes. */
const LONGEST_LINE = 2000;

interface HtmlBlock {
  readonly begins: RegExp;
  /** Matches in the last line of the block; undefined: the block ends at an empty line. */
  readonly ends?: RegExp;
}

/** source: CommonMark 0.31, 4.6, without the seventh kind (a line that is a single tag). */
const HTML_BLOCKS: readonly HtmlBlock[] = [
  { begins: /^ {0,3}<(?:pre|script|style|textarea)(?:[\s>]|$)/iu, ends: /<\/(?:pre|script|style|textarea)>/iu },
  { begins: /^ {0,3}<\?/u, ends: /\?>/u },
  { begins: /^ {0,3}<!\[CDATA\[/u, ends: /\]\]>/u },
  { begins: /^ {0,3}<![a-z]/iu, ends: />/u },
  {
    begins:
      /^ {0,3}<\/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:\s|\/?>|$)/iu,
  },
];
const COMMENT = { begins: /^ {0,3}<!--/u, ends: '-->' };

/** The lines of a text with their kinds. Takes time proportional to the text, even if blocks in it are never closed. */
export function* markdownLines(text: string): Generator<MarkdownLine> {
  let fence: string | undefined;
  let html: HtmlBlock | undefined;
  /** Offset after the open comment. */
  let commentEnd = 0;
  let isCommentLeftOpen = false;
  for (let offset = 0; offset < text.length;) {
    const at = text.indexOf('\n', offset);
    const stop = at === -1 ? text.length : at;
    const end = Math.min(text.length, stop + 1);
    const line = text.slice(offset, Math.min(stop, offset + LONGEST_LINE));
    const kind = ((): MarkdownLine['kind'] => {
      if (offset < commentEnd) return 'comment';
      const isBlank = line.trim() === '';
      if (fence !== undefined) {
        const mark = FENCE.exec(line.trimStart())?.[1];
        if (mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined;
        return 'code';
      }
      if (html !== undefined) {
        if (html.ends === undefined ? isBlank : html.ends.test(line)) html = undefined;
        return isBlank && html === undefined ? 'blank' : 'html';
      }
      if (isBlank) return 'blank';
      if (/```|~~~/u.test(line)) fence = FENCE.exec(line.replace(ITEM_MARKS, ''))?.[1];
      if (fence !== undefined) return 'code';
      if (!/^ {0,3}</u.test(line)) return 'text';
      if (!isCommentLeftOpen && COMMENT.begins.test(line)) {
        const close = text.indexOf(COMMENT.ends, line.indexOf('<!--') + offset + 2);
        // A comment that is never closed is treated as text; otherwise everything after it would be lost.
        isCommentLeftOpen = close === -1;
        commentEnd = close === -1 ? 0 : close + COMMENT.ends.length;
        if (!isCommentLeftOpen) return 'comment';
      }
      html = HTML_BLOCKS.find(({ begins }) => begins.test(line));
      if (html === undefined) return 'text';
      if (html.ends?.test(line) === true) html = undefined;
      return 'html';
    })();
    yield { line, offset, end, kind };
    offset = end;
  }
}
