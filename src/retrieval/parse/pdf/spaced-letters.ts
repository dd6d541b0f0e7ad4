/** The part of a page's operators that tells which characters are shown and where the position moves. */
export interface ShownText {
  readonly fnArray: readonly number[];
  readonly argsArray: readonly unknown[];
}

/** Letters spaced out for looks or by the measurements of a scan: pdfjs reports a space after each letter, so that the ends of words are lost. */
const SPACED = /^\S(?: \S)+$/u;
const SPACED_WORD = /^\S(?: \S){3,}$/u;
/** Minimum number of spaced-out words for which the operators of a page are read. */
const LEAST_WORDS = 3;
/** A step this wide between two letters is a space, in thousandths of the letter size. */
const WIDE_STEP = -200;
/** Number of characters searched for an item. */
const NEAR = 5000;

/** Whether the letters of words are spaced out on this page. */
export function hasSpacedLetters(items: readonly object[]): boolean {
  let words = 0;
  for (const item of items) if ('str' in item && isSpacedWord(item.str)) words++;
  return words >= LEAST_WORDS;
}

function isSpacedWord(text: unknown): boolean {
  return typeof text === 'string' && SPACED_WORD.test(text) && (text.match(/\p{L}/gu)?.length ?? 0) >= 3;
}

/** The text that operators show, with the spaces that they show and a line break wherever the position moves. */
export function shownText({ fnArray, argsArray }: ShownText, showText: number, moves: ReadonlySet<number>): string {
  const pieces: string[] = [];
  for (const [index, operator] of fnArray.entries()) {
    if (moves.has(operator)) pieces.push('\n');
    if (operator !== showText) continue;
    const args: unknown = argsArray[index];
    const glyphs: unknown = Array.isArray(args) ? args[0] : undefined;
    for (const glyph of Array.isArray(glyphs) ? (glyphs as readonly unknown[]) : []) {
      if (typeof glyph === 'number') pieces.push(glyph <= WIDE_STEP ? ' ' : '');
      else if (typeof glyph === 'object' && glyph !== null && 'unicode' in glyph) pieces.push(String(glyph.unicode));
    }
  }
  return pieces.join('');
}

/** The items of a page, with the text of spaced-out items taken from `shown`, which has the same characters in the same order. */
export function withoutSpacing(items: readonly object[], shown: string): object[] {
  const at: number[] = [];
  const characters: string[] = [];
  for (let index = 0; index < shown.length; index++) {
    const character = shown.charAt(index);
    if (/\s/u.test(character)) continue;
    characters.push(character);
    at.push(index);
  }
  const squeezed = characters.join('');
  let from = 0;
  return items.map((item) => {
    if (!('str' in item) || typeof item.str !== 'string') return item;
    const letters = item.str.replace(/\s+/gu, '');
    if (letters === '') return item;
    const found = squeezed.slice(from, from + NEAR + letters.length).indexOf(letters);
    if (found === -1) return item;
    const start = from + found;
    from = start + letters.length;
    if (!SPACED.test(item.str)) return item;
    const end = (at[from - 1] ?? 0) + 1;
    return { ...item, str: shown.slice(at[start] ?? 0, end).replace(/\s+/gu, ' ') };
  });
}
