/**
 * How words of two readings of a document are compared, fixed before anything was measured: NFKC; soft hyphens and hyphens between letters
 * go, with the space after them, so that a word counts alike whole, hyphenated and divided; words are runs of letters, marks and digits;
 * each Chinese or Japanese character is a word; each word counts as often as it stands there; their order does not count.
 */
export function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The words of a text by the same rule, in their order. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKC')
    .replace(/\u00ad\s*/gu, '')
    .replace(/(?<=[\p{L}\p{M}])[-\u2010]\s*(?=\p{L})/gu, '');
  return [
    ...plain.matchAll(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}]+?(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\p{L}\p{M}\p{N}]|$)/gu,
    ),
  ].map(([word]) => word);
}

export interface Loss {
  /** Of the other reader. */
  readonly words: number;
  /** Of these, how many are not in our reading. */
  readonly lost: number;
  /** Of the lost ones, those whose letters stand in our reading without a gap or as parts of other words: only spaces differ. */
  readonly spaced: number;
  /** The first few. */
  readonly examples: readonly string[];
}

/** Shorter words stand within others by chance. */
const LEAST_SPACED = 5;
const EXAMPLES = 12;

/** Words of another reader's text that are not in ours. */
export function lossOf(other: string | ReadonlyMap<string, number>, ours: string): Loss {
  const have = countWords(ours);
  const squeezed = ours.normalize('NFKC').replace(/[^\p{L}\p{M}\p{N}]/gu, '');
  let words = 0;
  let lost = 0;
  let spaced = 0;
  const examples: string[] = [];
  for (const [word, count] of typeof other === 'string' ? countWords(other) : other) {
    words += count;
    const missing = Math.max(0, count - (have.get(word) ?? 0));
    if (missing === 0) continue;
    lost += missing;
    if (word.length >= LEAST_SPACED && squeezed.includes(word)) spaced += missing;
    if (examples.length < EXAMPLES) examples.push(word);
  }
  return { words, lost, spaced, examples };
}
