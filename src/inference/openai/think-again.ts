import type { StreamPart } from '../http/stream-part.js';

/**
 * Continues thoughts on a server that cannot continue in the middle of them: lets it write the whole answer again, and skips the new
 * thoughts as long as they equal the old ones. If they differ, all of the new ones follow in a separate paragraph, so that text already
 * shown stays valid.
 *
 * @param shown the thoughts so far
 * @param shownTokens tokens of these thoughts, subtracted from the server's count
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
