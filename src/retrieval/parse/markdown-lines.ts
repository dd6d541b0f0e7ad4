/** A line of Markdown, and what it stands in. */
export interface MarkdownLine {
  /** Without its end; cut after 2,000 characters, which no heading has. */
  readonly line: string;
  readonly offset: number;
  /** Behind the line's end. */
  readonly end: number;
  /** `code` and `html` from their first line to their last; an HTML comment is `comment`. */
  readonly kind: 'text' | 'blank' | 'code' | 'html' | 'comment';
}

/** A fence is closed by one of the same character that is at least as long. source: CommonMark 0.31, 4.5 */
const FENCE = /^ {0,3}(`{3,}(?!.*`)|~{3,})/u;
/** Before a fence that begins in an item of a list. */
const ITEM_MARKS = /^(?: {0,3}(?:[-+*]|\d{1,9}[.)])[ \t]{1,4}){1,9}/u;
/** As long as a heading may be; regular expressions over a line of megabytes take long. */
const LONGEST_LINE = 2000;

interface HtmlBlock {
  readonly begins: RegExp;
  /** In the line that ends it; undefined: an empty line ends it. */
  readonly ends?: RegExp;
}

/** source: CommonMark 0.31, 4.6, without the seventh kind: a line that is one tag. */
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

/** The lines of a text, with what they stand in. Takes time in proportion to the text, whatever is left open in it. */
export function* markdownLines(text: string): Generator<MarkdownLine> {
  let fence: string | undefined;
  let html: HtmlBlock | undefined;
  /** Behind the comment that is open. */
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
        // What nothing closes is text: all that follows would be lost.
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
