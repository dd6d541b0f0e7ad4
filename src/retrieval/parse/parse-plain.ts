import { cleanedWithMap } from './clean-text.js';
import type { ParsedText } from './parsed-text.js';
import { withoutInlineData } from './without-inline-data.js';

/** Plain text as it is, without files that are written into it. It has no headings: what looks like one may be anything. */
export function parsePlain(source: string): ParsedText {
  const cleaned = withoutInlineData(cleanedWithMap(source));
  return { text: cleaned.text, headings: [], title: '', source: cleaned.mapTo(source) };
}
