/** A part of a text: `text.slice(start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Words whose full stop does not end a sentence, in lower case. Single letters are handled separately. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof sr jr st vs etc cf al fig figs eq eqs no nos vol ed eds pp ch sec approx dept est inc ltd co corp gen col sgt capt ' +
    'rev hon gov sen rep jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun e.g i.e a.m p.m u.s u.k ph.d'
  ).split(' '),
);

/**
 * A possible end of a sentence: a mark with further marks of its kind, then closing quotes and brackets; or an empty line. Each repetition
 * matches other characters than the part after it, so that no text makes this slow.
 */
const POSSIBLE_END = /[。！？｡‼⁇⁈⁉]+[”’」』）】》〉"')\]]*|[.!?]+[”’"')\]」』）】》〉]*|\n[ \t]*(?=\n)/gu;
const WHITESPACE = /\s/u;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}「『（《“]/u;
/** How far back the word before a full stop is searched. */
const LONGEST_ABBREVIATION = 12;

/**
 * The sentences of a text in order, without the space around them; together they contain everything but that space. Handles English,
 * Chinese and Japanese, also mixed in one text. An empty line also ends a sentence. Works by rules, so it is wrong where grammar would be
 * needed: after an unknown abbreviation, and where a name begins after a known one.
 */
export function* sentences(text: string, from = 0, to = text.length): Generator<Span> {
  let start = from;
  // Searches only this part: in a text without marks, each search would otherwise go through everything after the part.
  for (const match of text.slice(from, to).matchAll(POSSIBLE_END)) {
    const at = from + match.index;
    const end = at + match[0].length;
    if (!isEnd(text, match[0], at, end, to)) continue;
    const span = trimmed(text, start, end);
    if (span !== undefined) yield span;
    start = end;
  }
  const rest = trimmed(text, start, to);
  if (rest !== undefined) yield rest;
}

/** The span without the space around it; undefined if there is nothing else. */
export function trimmed(text: string, start: number, end: number): Span | undefined {
  let first = start;
  let last = end;
  while (first < last && WHITESPACE.test(text.charAt(first))) first++;
  while (last > first && WHITESPACE.test(text.charAt(last - 1))) last--;
  return first === last ? undefined : { start: first, end: last };
}

function isEnd(text: string, mark: string, at: number, end: number, to: number): boolean {
  if (!/^[.!?]/u.test(mark)) return true;
  if (end >= to) return true;
  const next = text.charAt(end);
  if (EAST_ASIAN.test(next)) return mark.length > 1 || mark !== '.' || !/\d/u.test(text.charAt(at - 1));
  if (!WHITESPACE.test(next)) return false;
  if (!mark.startsWith('.')) return true;
  if (mark === '.' && endsNoSentence(text, at)) return false;
  // "... and so on" continues the sentence; a new one does not begin with a lower-case letter.
  return !/^\p{Ll}/u.test(text.slice(end, end + 40).trimStart());
}

/** Whether the full stop belongs to the word before it: an abbreviation, an initial, or the number of a list item. */
function endsNoSentence(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - LONGEST_ABBREVIATION), at);
  const word = /[\p{L}\p{N}.]+$/u.exec(before)?.[0] ?? '';
  if (/^\p{Lu}$/u.test(word) && word !== 'I') return true;
  if (/^\d{1,3}$/u.test(word)) return /(?:^|\n)[ \t]*$/u.test(before.slice(0, before.length - word.length));
  return ABBREVIATIONS.has(word.toLowerCase());
}
