/** The words of a document, which tell the meaning of a hyphen at the end of a line. */
export class LineWords {
  private readonly words = new Set<string>();

  /** Adds the words of a line, except those that may be cut at its beginning or end. */
  add(line: string, isAfterHyphen: boolean): void {
    if (this.words.size >= MAX_WORDS) return;
    for (const match of line.matchAll(WORD)) {
      const end = match.index + match[0].length;
      const isCut = (isAfterHyphen && match.index === 0) || (HYPHEN.test(line[end] ?? '') && end + 1 >= line.length);
      if (!isCut) this.words.add(plain(match[0]));
    }
  }

  has(word: string): boolean {
    return this.words.has(plain(word));
  }

  /**
   * Decides how to join two lines if the first ends with a hyphen after a letter.
   *
   * @param before ends with the hyphen
   * @returns `keep`: the hyphen belongs to the word; `drop`: it only divides the word; `space`: it replaces a part that follows later
   *   ("pre- and postwar")
   */
  hyphenBetween(before: string, after: string): 'keep' | 'drop' | 'space' {
    const tail = TAIL.exec(before.slice(-MAX_WORD).replace(/[-\u2010\u00ad]$/u, ''))?.[0] ?? '';
    const head = HEAD.exec(after.slice(0, MAX_WORD))?.[0] ?? '';
    if (before.endsWith('\u00ad')) return 'drop';
    if (CONJUNCTIONS.has(head)) return 'space';
    // Names and numbers: words are not hyphenated before a capital.
    if (!/^\p{Ll}/u.test(head)) return 'keep';
    const compound = COMPOUND_HEAD.exec(after.slice(0, MAX_WORD))?.[0] ?? head;
    if (this.has(`${tail}-${head}`) || this.has(`${tail}-${compound}`)) return 'keep';
    const last = tail.slice(Math.max(tail.lastIndexOf('-'), tail.lastIndexOf('\u2010')) + 1);
    if (this.has(tail + head) || this.has(last + head)) return 'drop';
    if (last.length === 1 || HYPHENATED_BEGINNINGS.has(last.toLowerCase())) return 'keep';
    // Within a compound, a word that also occurs alone is a part of it: state-of-the-art.
    return last !== tail && (this.has(last) || SMALL_WORDS.has(last)) && !this.has(last + head) ? 'keep' : 'drop';
  }
}

/** Limits memory. In a document with more different words, all common ones are among these. */
const MAX_WORDS = 500_000;
const MAX_WORD = 80;
const WORD = /[\p{L}\p{M}]+(?:[-\u2010][\p{L}\p{M}]+)*/gu;
const TAIL = /[\p{L}\p{M}\p{N}\-\u2010]+$/u;
const HEAD = /^[\p{L}\p{M}]+/u;
const COMPOUND_HEAD = /^[\p{L}\p{M}]+(?:[-\u2010][\p{L}\p{M}]+)*/u;
const HYPHEN = /[-\u2010\u00ad]/u;
/** Conjunctions after a hyphen that replaces a later part, in languages that have such hyphens. */
const CONJUNCTIONS = new Set('and or und oder bzw sowie et ou y e o en och eller og'.split(' '));
/** English compounds that begin with these words have a hyphen. */
const HYPHENATED_BEGINNINGS = new Set(
  'self non well cross high low half full real long short all ex two three four five six seven eight nine ten'.split(
    ' ',
  ),
);
const SMALL_WORDS = new Set('a an and as at by for in of off on or out the to up with'.split(' '));

function plain(word: string): string {
  return word.replaceAll('\u2010', '-').toLowerCase();
}
