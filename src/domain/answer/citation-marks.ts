import { codeIn } from '../words/markdown-code.js';
import type { Span } from '../words/sentences.js';

/** A place where an answer cites sources: `text.slice(start, end)` is e.g. `[1, 2]`. */
export interface CitationMark extends Span {
  /** Numbers of existing sources, each once, ascending. */
  readonly numbers: readonly number[];
}

/**
 * The citation marks of an answer, in order: `[1]`, `[1, 2]`, `[1-3]`, `[Source 1]`, `【1】`, and formats that models learnt elsewhere:
 * `【1†source】`, `[citation:1]`, `[[1]]`, `[1, p. 8]`, `(source 1)`. A bracket with any number that is not a source is not a mark, but an
 * interval, a port, or an invention. Code, Markdown links, footnotes and definitions contain no marks.
 */
export function citationMarks(text: string, sourceCount: number): CitationMark[] {
  const marks: CitationMark[] = [];
  const code = codeIn(text);
  let codeAt = 0;
  for (const match of text.matchAll(BRACKETS)) {
    const start = match.index;
    const end = start + match[0].length;
    while ((code[codeAt]?.end ?? Infinity) <= start) codeAt++;
    if ((code[codeAt]?.start ?? Infinity) < end) continue;
    const numbers = numbersOf(match[0], sourceCount);
    if (numbers === undefined) continue;
    if (!ROUND.test(match[0]) && isOtherwiseUsed(text, { start, end }, marks.at(-1))) continue;
    marks.push({ start, end, numbers });
  }
  return marks;
}

/** Innermost Western, Chinese and full-width brackets. Longer ones are not marks. */
const BRACKETS =
  /[[\u3010\uff3b][^[\u3010\uff3b\]\u3011\uff3d\n]{1,64}[\]\u3011\uff3d]|[(\uff08][^()\uff08\uff09\n]{1,64}[)\uff09]/gu;
const ROUND = /^[(\uff08]/u;

const LABEL =
  /^(?:sources?|citations?|cites?|refs?\.?|references?|docs?|documents?|来源|资料|文献|文档|引用)\s*[#:]?\s*/u;
const SEPARATOR = /^(?:\s*[,、;&]\s*|\s+and\s+|\s*[和与及]\s*|\s+)/u;
const NUMBERS = /^#?([1-9]\d{0,3})(?:\s*[-\u2013\u2014~]\s*([1-9]\d{0,3}))?(?!\d)/u;
/** The place in the source: GPT's own notation, or a page, section or line. */
const PLACE =
  /^(?:\s*\u2020.*|\s*[,;:]?\s*(?:pp?|pages?|s|seiten?|secs?|sections?|ch|chapters?|lines?|ll?|figs?|tables?|paras?|paragraphs?)(?:\.\s*|\s+|(?=\d))\d[\d\s,.\u2013-]*|\s*[,;:]?\s*§+\s*\d[\d\s,.\u2013-]*|\s*[,;:]?\s*第\s*[\d\s,-]+\s*[页頁章节節行]|\s*[,;:]?\s*\d+\s*页)$/u;

/** The numbers in a bracket if its content is that of a mark; otherwise undefined. */
function numbersOf(bracket: string, sourceCount: number): number[] | undefined {
  let rest = bracket.slice(1, -1).normalize('NFKC').trim().toLowerCase();
  const numbers = new Set<number>();
  for (let isFirst = true; ; isFirst = false) {
    const label = LABEL.exec(rest)?.[0] ?? '';
    // A number alone in round brackets is a year, an amount, or the number of a list item.
    if (isFirst && label === '' && ROUND.test(bracket)) return undefined;
    rest = rest.slice(label.length);
    const [all = '', first = '', second = first] = NUMBERS.exec(rest) ?? [];
    const [from, to] = [Number(first), Number(second)];
    if (all === '' || to < from || to > sourceCount) return undefined;
    for (let number = from; number <= to; number++) numbers.add(number);
    rest = rest.slice(all.length);
    if (rest === '' || PLACE.test(rest)) return [...numbers].toSorted((a, b) => a - b);
    const separator = SEPARATOR.exec(rest)?.[0] ?? '';
    if (separator === '') return undefined;
    rest = rest.slice(separator.length);
  }
}

/** Number of characters before a mark that are examined. */
const LOOKED_BACK = 40;
/** Text before a value: an array, an interval, a port. */
const BEFORE_VALUES =
  /(?:[=∈∉⊂⊆≤≥]\s*|[$\\]|\b(?:is|are|was|were|be|equals?|contains?|returns?|gives?|yields?|range|interval|port|index)\s+|(?:区间|范围|端口|数组|下标)[为是]?\s*)$/iu;
/** A name with a form that only programs use: `row_count`, `rowCount`, `sys.argv`. */
const PROGRAM_NAME = /(?:\w_\w*|_\w+|\b[a-z]+[A-Z]\w*|\b[A-Za-z]\w*\.[A-Za-z]\w*)$/u;
/** Text that continues an element of an array. */
const AFTER_INDEX = /^(?:\.[A-Za-z_]|\s*[-+*/%]?=(?!=)|\s*==|\(|\w)/u;

/** Whether the surrounding text shows that a bracket with numbers is something else: a link, an index, an interval, a definition. */
function isOtherwiseUsed(text: string, { start, end }: Span, last: CitationMark | undefined): boolean {
  const before = text.slice(Math.max(0, start - LOOKED_BACK), start);
  const after = text.slice(end, end + 4);
  if (/^\]?\(/u.test(after)) return true;
  // The second part of a reference link, `[text][1]`, unless the bracket before is itself a mark.
  if (before.endsWith(']') && last?.end !== start && !before.endsWith(']]')) return true;
  const isDoubled = before.endsWith('[') && after.startsWith(']');
  if (!isDoubled && (before.endsWith('[') || after.startsWith(']'))) return true;
  if (after.startsWith(':') && /(?:^|\n)[ ]{0,3}$/u.test(start <= LOOKED_BACK ? `\n${before}` : before)) return true;
  if (BEFORE_VALUES.test(before)) return true;
  if (text.charAt(start) !== '[') return false;
  return /[A-Za-z0-9_]$/u.test(before) && (PROGRAM_NAME.test(before) || AFTER_INDEX.test(after));
}
