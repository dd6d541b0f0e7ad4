import type { StreamPart } from '../http/stream-part.js';

/**
 * Goes on with an answer on a server that cannot: has it written again from its beginning, which is passed over for as long as it is the
 * same, as it is with greedy decoding or the same seed. Where it comes out differently, `instead` writes the rest: what was shown is
 * never contradicted.
 *
 * @param shown the answer so far
 * @param shownTokens of it, taken off what the server counts
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
