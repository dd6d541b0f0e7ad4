import type { StreamEvent, TokenSubscriber } from '../streaming/token-stream.js';

/** How far the wait for an answer is: a place in the model's queue, or tokens of the prompt that are read. */
export type AnswerProgress = Pick<Extract<StreamEvent, { type: 'progress' }>, 'step' | 'done' | 'total'>;

/** Gives what is written of one message, and how far the wait for it is, until the signal aborts or the stream ends. */
export async function readStream(
  stream: TokenSubscriber,
  sessionId: string,
  messageId: string,
  signal: AbortSignal,
  onDelta: (delta: { offset: number; text: string }) => void,
  onProgress?: (progress: AnswerProgress) => void,
): Promise<void> {
  for await (const event of stream.subscribe(sessionId, { messageId, signal })) {
    if (signal.aborted) return;
    if (event.type === 'text-delta') onDelta(event);
    if (event.type === 'progress') onProgress?.(event);
  }
}
