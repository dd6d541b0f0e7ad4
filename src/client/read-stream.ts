import type { StreamEvent, TokenSubscriber } from '../streaming/token-stream.js';

/** Progress while an answer is awaited: a place in the model's queue, or the number of prompt tokens read. */
export type AnswerProgress = Pick<Extract<StreamEvent, { type: 'progress' }>, 'step' | 'done' | 'total'>;

type Delta = Pick<Extract<StreamEvent, { type: 'text-delta' }>, 'offset' | 'text'>;

interface StreamReader {
  readonly onText: (delta: Delta) => void;
  readonly onThinking?: (delta: Delta) => void;
  readonly onProgress?: ((progress: AnswerProgress) => void) | undefined;
}

/** Yields the text of one answer, and the progress while it is awaited, until the signal aborts or the stream ends. */
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
