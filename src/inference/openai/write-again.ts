import type { StreamPart } from '../http/stream-part.js';

/**
 * Continues an answer on a server that cannot do so: lets it write the answer again from the beginning, and skips the new text as long as
 * it equals the old one, as with greedy decoding or the same seed. If it differs, `instead` writes the rest, so that text already shown
 * stays valid.
 *
 * @param shown the answer so far
 * @param shownTokens tokens of that answer, subtracted from the server's count
 */
export async function* writeAgain(
  whole: AsyncIterable<StreamPart>,
  { shown, shownTokens }: { readonly shown: string; readonly shownTokens: number },
  instead: () => AsyncIterable<StreamPart>,
): AsyncGenerator<StreamPart> {
  let written = '';
  for await (const part of whole) {
    if (part.type === 'text' && written.length < shown.length) {
      const before = written.length;
      written += part.text;
      if (!written.startsWith(shown) && !shown.startsWith(written)) {
        yield* instead();
        return;
      }
      const rest = written.slice(Math.max(before, shown.length));
      if (rest !== '') yield { ...part, text: rest };
    } else if (part.type === 'usage' && part.outputTokens !== undefined) {
      yield { ...part, outputTokens: Math.max(0, part.outputTokens - shownTokens) };
    } else {
      yield part;
    }
  }
}
