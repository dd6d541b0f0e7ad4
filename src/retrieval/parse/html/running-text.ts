import { plainWithoutInlineData } from '../without-inline-data.js';

/** Space in the source in which a line ends; `\n` is a line's end that the page wants. */
const SOURCE_LINE_END = '\u000B';
const CJK = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u3000-\\u303F\\uFF00-\\uFF60ー]';
const WITHIN_CJK = new RegExp(`(?<=${CJK})${SOURCE_LINE_END}(?=${CJK})`, 'gu');
/** Where a word may be broken, which is not part of it. */
const INVISIBLE = /[\u00AD\u200B\u2060\uFEFF]/gu;

/** A piece of the source as part of a line. */
export function sourceText(text: string): string {
  return visible(text).replace(/\s+/gu, (space) => (/[\n\r]/u.test(space) ? SOURCE_LINE_END : ' '));
}

/** Without soft hyphens and the like, and without the content of inline files. */
export function visible(text: string): string {
  return plainWithoutInlineData(text.replace(INVISIBLE, ''));
}

/** A line that was put together of pieces. Chinese and Japanese have no space where their source breaks a line. */
export function runningText(line: string): string {
  return line
    .replace(/[^\S\n]+/gu, (space) => (space.includes(SOURCE_LINE_END) ? SOURCE_LINE_END : ' '))
    .replace(WITHIN_CJK, '')
    .replaceAll(SOURCE_LINE_END, ' ')
    .replace(/ ?\n ?/gu, '\n')
    .trim();
}
