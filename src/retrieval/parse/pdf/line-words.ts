/** Words of a document, to tell what a hyphen at the end of a line is. */
export class LineWords {
  private readonly words = new Set<string>();

  /** Adds the words of a line, but those that its beginning or end may have cut. */
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
   * What stands between two lines where the first ends with a hyphen after a letter.
   *
   * @param before ends with the hyphen
   * @returns `keep` the hyphen; `drop` it: it only divides the word; `space`: it stands for a part that comes later ("pre- and postwar")
   */
  hyphenBetween(before: string, after: string): 'keep' | 'drop' | 'space' {
    const tail = TAIL.exec(before.slice(-MAX_WORD).replace(/[-\u2010\u00ad]$/u, ''))?.[0] ?? '';
    const head = HEAD.exec(after.slice(0, MAX_WORD))?.[0] ?? '';
    if (before.endsWith('\u00ad')) return 'drop';
    if (CONJUNCTIONS.has(head)) return 'space';
    // Names, numbers: no writer divides words before a capital.
    if (!/^\p{Ll}/u.test(head)) return 'keep';
    const compound = COMPOUND_HEAD.exec(after.slice(0, MAX_WORD))?.[0] ?? head;
    if (this.has(`${tail}-${head}`) || this.has(`${tail}-${compound}`)) return 'keep';
    const last = tail.slice(Math.max(tail.lastIndexOf('-'), tail.lastIndexOf('\u2010')) + 1);
    if (this.has(tail + head) || this.has(last + head)) return 'drop';
    if (last.length === 1 || HYPHENATED_BEGINNINGS.has(last.toLowerCase())) return 'keep';
    // Within a compound another word that stands by itself is its next part: state-of-the-art.
    return last !== tail && (this.has(last) || SMALL_WORDS.has(last)) && !this.has(last + head) ? 'keep' : 'drop';
  }
}

/** Of memory; a document with more different words has all that are common among these. */
const MAX_WORDS = 500_000;
const MAX_WORD = 80;
const WORD = /[\p{L}\p{M}]+(?:[-\u2010][\p{L}\p{M}]+)*/gu;
const TAIL = /[\p{L}\p{M}\p{N}\-\u2010]+$/u;
const HEAD = /^[\p{L}\p{M}]+/u;
const COMPOUND_HEAD = /^[\p{L}\p{M}]+(?:[-\u2010][\p{L}\p{M}]+)*/u;
const HYPHEN = /[-\u2010\u00ad]/u;
/** Before a hyphen that stands for a part which comes later, in languages that do so. */
const CONJUNCTIONS = new Set('and or und oder bzw sowie et ou y e o en och eller og'.split(' '));
/** English compounds with these are written with a hyphen. */
const HYPHENATED_BEGINNINGS = new Set(
  'self non well cross high low half full real long short all ex two three four five six seven eight nine ten'.split(
    ' ',
  ),
);
const SMALL_WORDS = new Set('a an and as at by for in of off on or out the to up with'.split(' '));

function plain(word: string): string {
  return word.replaceAll('\u2010', '-').toLowerCase();
}
