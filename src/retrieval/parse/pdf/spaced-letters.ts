/** What of a page's operators says which characters it shows, and where it moves on. */
export interface ShownText {
  readonly fnArray: readonly number[];
  readonly argsArray: readonly unknown[];
}

/** Letters that stand apart for looks or by the measure of a scan: pdfjs tells a space between each two, and words no longer end. */
const SPACED = /^\S(?: \S)+$/u;
const SPACED_WORD = /^\S(?: \S){3,}$/u;
/** Items of a page that are spaced words before it is looked at again. */
const LEAST_WORDS = 3;
/** In thousandths of the size of letters: a step this wide between two letters is a space. */
const WIDE_STEP = -200;
/** Characters that are looked through for an item. */
const NEAR = 5000;

/** Whether the letters of words stand apart on this page. */
export function hasSpacedLetters(items: readonly object[]): boolean {
  let words = 0;
  for (const item of items) if ('str' in item && isSpacedWord(item.str)) words++;
  return words >= LEAST_WORDS;
}

function isSpacedWord(text: unknown): boolean {
  return typeof text === 'string' && SPACED_WORD.test(text) && (text.match(/\p{L}/gu)?.length ?? 0) >= 3;
}

/** The text that operators show, with the spaces that they show; a new line wherever they move on. */
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

/** The items of a page, those with spaced letters as they stand in `shown`, which has the same characters in the same order. */
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
