import type { StreamPart } from '../http/stream-part.js';

/**
 * Goes on with thoughts on a server that cannot go on in the middle of one: has the whole answer written again, and passes over its thoughts
 * for as long as they are the same. Where they come out differently, all of the new ones follow in a paragraph of their own: what was shown is
 * never contradicted.
 *
 * @param shown the thoughts so far
 * @param shownTokens of them, taken off what the server counts
 */
export async function* thinkAgain(
  whole: AsyncIterable<StreamPart>,
  { shown, shownTokens }: { readonly shown: string; readonly shownTokens: number },
): AsyncGenerator<StreamPart> {
  let written = '';
  let isSame = true;
  for await (const part of whole) {
    if (part.type === 'thinking' && isSame) {
      const before = written.length;
      written += part.text;
      isSame = written.startsWith(shown) || shown.startsWith(written);
      const text = isSame ? written.slice(Math.max(before, shown.length)) : `\n\n${written}`;
      if (text !== '') yield { type: 'thinking', text };
    } else if (part.type === 'usage' && part.outputTokens !== undefined && isSame) {
      yield { ...part, outputTokens: Math.max(0, part.outputTokens - shownTokens) };
    } else yield part;
  }
}
