/** Letters without a Unicode decomposition, as people write them on keyboards that lack them. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  ς: 'σ',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');
/** In the Latin and Greek scripts, marks are accents. In Cyrillic, only stress marks and the dots of `ё` are; `й` is a separate letter. */
const ACCENTS =
  /(?<=[\p{Script=Latin}\p{Script=Greek}]\p{M}*)\p{M}|(?<=\p{Script=Cyrillic})[\u0300\u0301]|(?<=е)\u0308/gu;
/** Vowel marks of Hebrew and Arabic, which most texts omit, and the stroke that stretches Arabic words. */
const POINTS = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\u0610-\u061a\u0640\u064b-\u0655\u0670]/gu;
const MAY_CHANGE = /[^a-z\d]/u;

/**
 * A word without accents, as many people type it. Marks that distinguish words in every text, like the vowels of Thai and Hindi, stay.
 *
 * @param word in lower case
 */
export function foldAccents(word: string): string {
  if (!MAY_CHANGE.test(word)) return word;
  return word
    .normalize('NFD')
    .replace(ACCENTS, '')
    .replace(POINTS, '')
    .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC');
}
