/** A part of a text: `text.slice(start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Words whose full stop ends no sentence, in lower case. Those of a single letter are known without this. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof sr jr st vs etc cf al fig figs eq eqs no nos vol ed eds pp ch sec approx dept est inc ltd co corp gen col sgt capt ' +
    'rev hon gov sen rep jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun e.g i.e a.m p.m u.s u.k ph.d'
  ).split(' '),
);

/**
 * A mark that may end a sentence with the marks of its kind after it, then quotes and brackets that close; or an empty line.
 * Each repetition is of other characters than what follows it, so that no text makes this slow.
 */
const POSSIBLE_END = /[。！？｡‼⁇⁈⁉]+[”’」』）】》〉"')\]]*|[.!?]+[”’"')\]」』）】》〉]*|\n[ \t]*(?=\n)/gu;
const WHITESPACE = /\s/u;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}「『（《“]/u;
/** How far back the word before a full stop is looked for. */
const LONGEST_ABBREVIATION = 12;

/**
 * Sentences of a text in their order, without the space around them; together they hold all that is no space. English, Chinese and
 * Japanese, also mixed in one text. An empty line ends a sentence too. By rule, so it errs where grammar would be needed: after an
 * abbreviation that it does not know, and where a name begins after one that it knows.
 */
export function* sentences(text: string, from = 0, to = text.length): Generator<Span> {
  let start = from;
  // In this part alone: a search beyond it would look through all that follows each time, where there is no mark for long.
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

/** The part without the space around it; undefined where there is nothing else. */
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
  // "... and so on" goes on; a new sentence begins with something else than a small letter.
  return !/^\p{Ll}/u.test(text.slice(end, end + 40).trimStart());
}

/** Whether the full stop belongs to the word before it: an abbreviation, an initial, or the number of a list's item. */
function endsNoSentence(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - LONGEST_ABBREVIATION), at);
  const word = /[\p{L}\p{N}.]+$/u.exec(before)?.[0] ?? '';
  if (/^\p{Lu}$/u.test(word) && word !== 'I') return true;
  if (/^\d{1,3}$/u.test(word)) return /(?:^|\n)[ \t]*$/u.test(before.slice(0, before.length - word.length));
  return ABBREVIATIONS.has(word.toLowerCase());
}
