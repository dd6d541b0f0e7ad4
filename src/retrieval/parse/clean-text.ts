import { MappedText } from './mapped-text.js';

/** Normalises to well-formed NFC without invisible characters, with `\n` as line end. All other white space stays. */
export function cleaned(text: string): string {
  return text
    .replace(/\r\n?|\u{2028}|\u{2029}/gu, '\n')
    .replace(UNSEEN, '')
    .toWellFormed()
    .normalize('NFC');
}

/** The same, with the place of each part in `source`. */
export function cleanedWithMap(source: string): MappedText {
  const seen = MappedText.of(source).replace(CHANGED, ([, lineEnd]) => (lineEnd === undefined ? '' : '\n'));
  const wellFormed = seen.text.isWellFormed() ? seen : seen.replace(/\p{Cs}/gu, () => '\u{fffd}');
  if (wellFormed.text.normalize('NFC') === wellFormed.text) return wellFormed;
  return wellFormed.replace(COMPOSED, ([cluster]) => {
    const composed = cluster.normalize('NFC');
    return composed === cluster ? undefined : composed;
  });
}

/**
 * Control characters except tab and line feed; byte order marks, which remain where files were concatenated; soft hyphens, zero-width
 * spaces and word joiners, which would be in the middle of words.
 */
const UNSEEN_CLASS = String.raw`\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u00AD\u200B\u2060\uFEFF\uFFFE\uFFFF`;
const UNSEEN = new RegExp(`[${UNSEEN_CLASS}]`, 'gu');
const CHANGED = new RegExp(String.raw`\r(?=\n)|([\r\u{2028}\u{2029}])|[${UNSEEN_CLASS}]`, 'gu');
/** Characters that NFC may change: a character with its marks, letters of Hangul, and characters that NFC replaces by another. */
const COMPOSED =
  /[\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FF\uAC00-\uD7A3]+\p{M}*|(?!\n)\P{M}\p{M}+|\p{M}+|[^\0-\u02FF]/gu;
