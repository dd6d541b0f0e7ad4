import type { StreamPart } from '../http/stream-part.js';

/** What a server that obeys the limit itself may write beyond it, to close its thoughts in words. */
const CLOSING_PIECES = 32;

/**
 * Ends thoughts that are longer than they may be, where the server does not do it: the request is given up, and the answer is asked for
 * without thoughts.
 *
 * @param most pieces of thoughts, which are at most as many as tokens
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

/** The same without thoughts: a model that thinks whether it is asked to or not has thought enough once it has begun to answer. */
export async function* withoutThoughts(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
  for await (const part of parts) if (part.type !== 'thinking') yield part;
}
