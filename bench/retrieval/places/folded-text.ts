/** A text reduced to what two readings of it have in common, which knows where each character of it stood. */
export interface FoldedText {
  readonly text: string;
  /** Of each character, in the text that it was made of. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** What is compared: `written` all that is seen, decomposed; `letters` letters and digits alone, as marks around them are written anew. */
export type Folding = 'written' | 'letters';

const DROPPED = { written: /[\s\p{Cc}\p{Cf}\uFFFE\uFFFF]/gu, letters: /[^\p{L}\p{N}]/gu };
const CLUSTER = /\P{M}\p{M}*|\p{M}+/gu;

export function foldText(text: string, folding: Folding): FoldedText {
  const pieces: string[] = [];
  const from: number[] = [];
  const to: number[] = [];
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    const kept = cluster.normalize(folding === 'letters' ? 'NFKD' : 'NFD').replace(DROPPED[folding], '');
    if (kept === '') continue;
    pieces.push(kept);
    for (let i = 0; i < kept.length; i++) {
      from.push(index);
      to.push(index + cluster.length);
    }
  }
  return { text: pieces.join(''), from, to };
}

/** Where it begins, each time. */
export function occurrences(text: string, wanted: string): number[] {
  const found: number[] = [];
  if (wanted === '') return found;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) found.push(at);
  return found;
}
