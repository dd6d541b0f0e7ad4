import type { StreamEvent, TokenSubscriber } from '../streaming/token-stream.js';

/** How far the wait for an answer is: a place in the model's queue, or tokens of the prompt that are read. */
export type AnswerProgress = Pick<Extract<StreamEvent, { type: 'progress' }>, 'step' | 'done' | 'total'>;

type Delta = Pick<Extract<StreamEvent, { type: 'text-delta' }>, 'offset' | 'text'>;

interface StreamReader {
  readonly onText: (delta: Delta) => void;
  readonly onThinking?: (delta: Delta) => void;
  readonly onProgress?: ((progress: AnswerProgress) => void) | undefined;
}

/** Gives what is written of one message, and how far the wait for it is, until the signal aborts or the stream ends. */
export async function readStream(
  stream: TokenSubscriber,
  sessionId: string,
  messageId: string,
  signal: AbortSignal,
  { onText, onThinking, onProgress }: StreamReader,
): Promise<void> {
  for await (const event of stream.subscribe(sessionId, { messageId, signal })) {
    if (signal.aborted) return;
    if (event.type === 'text-delta') onText(event);
    if (event.type === 'thinking-delta') onThinking?.(event);
    if (event.type === 'progress') onProgress?.(event);
  }
}
