import type { Span } from '../../domain/words/sentences.js';
import type { MappedText } from './mapped-text.js';

/** source: RFC 2397. Shorter ones are examples that people read. */
const DATA_URL = /(data:[\w.+/-]{1,100}(?:;[\w=.+-]{1,100}){0,5}),[^\s"'<>()\\]{100,}/giu;

/** The same without a record of where it stood. */
export function plainWithoutInlineData(text: string): string {
  return text.replace(DATA_URL, '$1');
}

/** Files that are written into the text (`data:image/png;base64,…`) are nothing that people read: their content goes. */
export function withoutInlineData(mapped: MappedText): MappedText {
  const contents: Span[] = [];
  for (const { 0: url, 1: type = '', index } of mapped.text.matchAll(DATA_URL)) {
    contents.push({ start: index + type.length, end: index + url.length });
  }
  return mapped.without(contents);
}
