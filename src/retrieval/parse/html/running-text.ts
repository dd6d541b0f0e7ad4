import { plainWithoutInlineData } from '../without-inline-data.js';

/** Stands for white space with a line break in the source; `\n` stands for a line break that the page wants. */
const SOURCE_LINE_END = '\u000B';
const CJK = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u3000-\\u303F\\uFF00-\\uFF60ー]';
const WITHIN_CJK = new RegExp(`(?<=${CJK})${SOURCE_LINE_END}(?=${CJK})`, 'gu');
/** Characters that mark possible breaks in a word and are not part of it. */
const INVISIBLE = /[\u00AD\u200B\u2060\uFEFF]/gu;

/** A piece of the source as part of a line. */
export function sourceText(text: string): string {
  return visible(text).replace(/\s+/gu, (space) => (/[\n\r]/u.test(space) ? SOURCE_LINE_END : ' '));
}

/** Removes soft hyphens and the like, and the content of inline files. */
export function visible(text: string): string {
  return plainWithoutInlineData(text.replace(INVISIBLE, ''));
}

/** Finishes a line that was put together from pieces. Chinese and Japanese have no space at line breaks of the source. */
export function runningText(line: string): string {
  return line
    .replace(/[^\S\n]+/gu, (space) => (space.includes(SOURCE_LINE_END) ? SOURCE_LINE_END : ' '))
    .replace(WITHIN_CJK, '')
    .replaceAll(SOURCE_LINE_END, ' ')
    .replace(/ ?\n ?/gu, '\n')
    .trim();
}
