import type { StreamPart } from './stream-part.js';

/**
 * Text that comes in pieces, of which a character outside the basic plane may be cut in two: JSON writes it as two escapes, and servers send
 * one in each piece. The first half waits for the second; a half that stays alone becomes U+FFFD, and one that the text ends in is dropped.
 */
class WholeCharacters {
  private half = '';

  /** What can be shown of the text so far and was not given before. Always well-formed. */
  take(piece: string): string {
    const text = this.half + piece;
    const isCut = /[\uD800-\uDBFF]$/u.test(text);
    this.half = isCut ? text.slice(-1) : '';
    return (isCut ? text.slice(0, -1) : text).toWellFormed();
  }
}

/** The same parts, with whole characters alone in their texts. A text may become empty; its probabilities stay. */
export async function* wholeCharacters(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
  const texts = { text: new WholeCharacters(), thinking: new WholeCharacters() };
  for await (const part of parts) {
    yield part.type === 'text' || part.type === 'thinking' ? { ...part, text: texts[part.type].take(part.text) } : part;
  }
}
