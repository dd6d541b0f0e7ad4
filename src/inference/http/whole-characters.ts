import type { StreamPart } from './stream-part.js';

/**
 * Joins halves of characters in text that comes in pieces. A character outside the basic plane may be cut in two, because JSON writes it as
 * two escapes and servers send each in a separate piece. The first half waits for the second; a lone half becomes U+FFFD, and a half at the
 * end of the text is dropped.
 */
class WholeCharacters {
  private half = '';

  /** The text that can be shown by now and was not returned before. Always well-formed. */
  take(piece: string): string {
    const text = this.half + piece;
    const isCut = /[\uD800-\uDBFF]$/u.test(text);
    this.half = isCut ? text.slice(-1) : '';
    return (isCut ? text.slice(0, -1) : text).toWellFormed();
  }
}

/** Passes the parts on with only complete characters in their texts. A text may become empty; its probabilities stay. */
export async function* wholeCharacters(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
  const texts = { text: new WholeCharacters(), thinking: new WholeCharacters() };
  for await (const part of parts) {
    yield part.type === 'text' || part.type === 'thinking' ? { ...part, text: texts[part.type].take(part.text) } : part;
  }
}
