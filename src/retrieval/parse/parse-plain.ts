import { cleanedWithMap } from './clean-text.js';
import type { ParsedText } from './parsed-text.js';
import { withoutInlineData } from './without-inline-data.js';

/** Plain text as it is, without the content of inline files. It has no headings, because a line that looks like one may be anything. */
export function parsePlain(source: string): ParsedText {
  const cleaned = withoutInlineData(cleanedWithMap(source));
  return { text: cleaned.text, headings: [], title: '', source: cleaned.mapTo(source) };
}
