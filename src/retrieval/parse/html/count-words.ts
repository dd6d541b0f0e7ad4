const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}\p{M}]+/gu;
const IDEOGRAPH = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Approximate number of words; two Chinese or Japanese characters count as one. */
export function countWords(text: string): number {
  let words = 0;
  for (const [word] of text.matchAll(WORD)) words += IDEOGRAPH.test(word) ? 0.5 : 1;
  return words;
}
