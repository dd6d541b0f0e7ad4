/** A line as it stands on a page. Lengths in points, from the left and the bottom. */
export interface PdfLine {
  text: string;
  left: number;
  right: number;
  baseline: number;
  height: number;
}

/** A line that ends before this share of the width ends by itself: a heading, an item, a verse, a paragraph's last line. */
const FULL_SHARE = 0.8;
/** Lines of one paragraph are at most this many times their height apart. */
const LINE_SPACING = 1.9;
/** Letters differ in size by this much between a heading and its text. */
const SIZE_RATIO = 1.15;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u{3000}-\u{303F}\u{FF00}-\u{FFEF}]/u;

/**
 * Lines of a page as paragraphs: those that the page's width broke are joined, Chinese without a space, a word divided by a hyphen
 * as one. Lines that ended by themselves stay lines; a gap or another size of letters begins a paragraph.
 */
export function joinLines(lines: readonly PdfLine[]): string {
  const right = lines.reduce((most, line) => Math.max(most, line.right), 0);
  const left = lines.reduce((least, line) => Math.min(least, line.left), right);
  let text = '';
  let before: PdfLine | undefined;
  for (const line of lines) {
    const content = line.text.trim();
    if (content === '') continue;
    if (before !== undefined) {
      if (goesOn(before, line, { left, right }) && /\p{Ll}-$/u.test(text.slice(-3)) && /^\p{Ll}/u.test(content)) {
        text = text.slice(0, -1);
      } else text += joint(before, line, { left, right }, text, content);
    }
    text += content;
    before = line;
  }
  return text;
}

interface Width {
  readonly left: number;
  readonly right: number;
}

function joint(before: PdfLine, line: PdfLine, width: Width, text: string, content: string): string {
  if (beginsParagraph(before, line)) return '\n\n';
  if (!goesOn(before, line, width)) return '\n';
  const last = /.$/su.exec(text.slice(-2))?.[0] ?? '';
  const first = /^./su.exec(content)?.[0] ?? '';
  return EAST_ASIAN.test(last) && EAST_ASIAN.test(first) ? '' : ' ';
}

function beginsParagraph(before: PdfLine, line: PdfLine): boolean {
  const gap = Math.abs(before.baseline - line.baseline);
  const height = Math.max(before.height, line.height, 1);
  const ratio = height / Math.max(Math.min(before.height, line.height), 1);
  // Further up: another column.
  return gap > height * LINE_SPACING || ratio > SIZE_RATIO || line.baseline > before.baseline + height;
}

function goesOn(before: PdfLine, line: PdfLine, { left, right }: Width): boolean {
  return !beginsParagraph(before, line) && before.right - left >= (right - left) * FULL_SHARE;
}
