import type { StreamPart } from '../http/stream-part.js';

/** Additional pieces for a server that enforces the limit itself, to close its thoughts in words. */
const CLOSING_PIECES = 32;

/**
 * Ends thoughts that exceed their limit, if the server does not do so itself: abandons the request, and requests the answer without
 * thoughts.
 *
 * @param most maximum number of pieces of thoughts; there are at most as many pieces as tokens
 */
export async function* limitThoughts(
  parts: AsyncIterable<StreamPart>,
  { most, isObeyed }: { readonly most: number; readonly isObeyed: boolean },
  answerNow: () => AsyncIterable<StreamPart>,
): AsyncGenerator<StreamPart> {
  let left = most + (isObeyed ? CLOSING_PIECES : 0);
  for await (const part of parts) {
    if (part.type === 'thinking' && left-- <= 0) {
      yield* withoutThoughts(answerNow());
      return;
    }
    yield part;
  }
}

/** Drops the thoughts: a model that thinks even with thinking off has thought enough once it has begun to answer. */
export async function* withoutThoughts(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
  for await (const part of parts) if (part.type !== 'thinking') yield part;
}
