import type { TokenSubscriber } from '../streaming/token-stream.js';

/** Gives what is written of one message, until the signal aborts or the stream ends. */
export async function readStream(
  stream: TokenSubscriber,
  sessionId: string,
  messageId: string,
  signal: AbortSignal,
  onDelta: (delta: { offset: number; text: string }) => void,
): Promise<void> {
  for await (const event of stream.subscribe(sessionId, { messageId, signal })) {
    if (signal.aborted) return;
    if (event.type === 'text-delta') onDelta(event);
  }
}
