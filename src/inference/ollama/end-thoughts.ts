import type { StreamPart } from '../http/stream-part.js';

export interface ThoughtsEnd {
  /** Pieces of thoughts, which are at most as many as tokens. */
  readonly most: number;
  /** Has the server stop writing. */
  readonly giveUp: () => void;
  /** Has the answer written behind these thoughts, which are at their end. `pieces` were written so far. */
  readonly answerNow: (thoughts: string, pieces: number) => AsyncIterable<StreamPart>;
}

/** Ends thoughts that are longer than they may be: the request is given up, and the answer is asked for. */
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

/** The model has thought enough once it has begun to answer. What the server counts is the answer alone. */
async function* behindThoughts(parts: AsyncIterable<StreamPart>, pieces: number): AsyncGenerator<StreamPart> {
  for await (const part of parts) {
    if (part.type === 'usage') {
      const { outputTokens } = part;
      yield { type: 'usage', ...(outputTokens !== undefined && { outputTokens: outputTokens + pieces }) };
    } else if (part.type !== 'thinking') yield part;
  }
}
