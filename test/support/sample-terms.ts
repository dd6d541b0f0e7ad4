import type { SearchTerms } from '../../src/retrieval/store/knowledge-store.js';

/** Words in lower case, and pairs of characters where there are no spaces: enough to test a store with. */
export const sampleTerms: SearchTerms = { version: 1, documentTerms: split, queryTerms: split };

function split(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => {
    const characters = Array.from(word);
    const isHan = /\p{Script=Han}/u.test(word) && characters.length > 1;
    return isHan ? characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`) : [word];
  });
}
