import type { Span } from '../../domain/words/sentences.js';
import type { MappedText } from './mapped-text.js';

/** source: RFC 2397. Shorter data URLs are examples for readers. */
const DATA_URL = /(data:[\w.+/-]{1,100}(?:;[\w=.+-]{1,100}){0,5}),[^\s"'<>()\\]{100,}/giu;

/** The same for a plain string, without a record of places. */
export function plainWithoutInlineData(text: string): string {
  return text.replace(DATA_URL, '$1');
}

/** Removes the content of inline files (`data:image/png;base64,…`), because people do not read it. */
export function withoutInlineData(mapped: MappedText): MappedText {
  const contents: Span[] = [];
  for (const { 0: url, 1: type = '', index } of mapped.text.matchAll(DATA_URL)) {
    contents.push({ start: index + type.length, end: index + url.length });
  }
  return mapped.without(contents);
}
