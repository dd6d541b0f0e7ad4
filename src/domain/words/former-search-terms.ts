const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆]`;
const RUNS = new RegExp(String.raw`(${UNSPACED}+)|(?:(?!${UNSPACED})[\p{L}\p{N}\p{M}])+`, 'gu');

/** The terms of a query by version 1 of `search-terms.ts`, except words of the dictionary, for documents whose terms have not been renewed yet. */
export function formerQueryTerms(text: string): string[] {
  const terms = new Set<string>();
  for (const [run, unspaced] of text.normalize('NFKC').toLowerCase().matchAll(RUNS)) {
    const characters = Array.from(run);
    if (unspaced === undefined || characters.length === 1) terms.add(run);
    else for (const [index, character] of characters.slice(1).entries()) terms.add(`${characters[index]}${character}`);
  }
  return [...terms];
}
