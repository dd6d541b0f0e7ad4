import type { StreamPart } from '../http/stream-part.js';

export interface ThoughtsEnd {
  /** Maximum number of pieces of thoughts. There are at most as many pieces as tokens. */
  readonly most: number;
  /** Makes the server stop writing. */
  readonly giveUp: () => void;
  /** Requests the answer that follows these completed thoughts. `pieces` is the number written so far. */
  readonly answerNow: (thoughts: string, pieces: number) => AsyncIterable<StreamPart>;
}

/** Limits the length of thoughts: beyond the limit, this abandons the request and asks for the answer. */
export async function* endThoughts(
  parts: AsyncIterable<StreamPart>,
  { most, giveUp, answerNow }: ThoughtsEnd,
): AsyncGenerator<StreamPart> {
  let [thoughts, pieces] = ['', 0];
  for await (const part of parts) {
    if (part.type === 'thinking' && pieces >= most) {
      giveUp();
      yield* behindThoughts(answerNow(thoughts, pieces), pieces);
      return;
    }
    if (part.type === 'thinking') [thoughts, pieces] = [thoughts + part.text, pieces + 1];
    yield part;
  }
}

/** Drops further thoughts, because the thoughts are already closed. Adds `pieces` to the server's count, which covers only the answer. */
async function* behindThoughts(parts: AsyncIterable<StreamPart>, pieces: number): AsyncGenerator<StreamPart> {
  for await (const part of parts) {
    if (part.type === 'usage') {
      const { outputTokens } = part;
      yield { type: 'usage', ...(outputTokens !== undefined && { outputTokens: outputTokens + pieces }) };
    } else if (part.type !== 'thinking') yield part;
  }
}
