import type { ParsedText } from './parsed-text.js';
import { cleaned } from './readable-text.js';

/** Plain text as it is. It has no headings: what looks like one may be anything. */
export function parsePlain(source: string): ParsedText {
  return { text: cleaned(source), headings: [], title: '' };
}
