import type { TokenSubscriber } from './token-stream.js';

/**
 * What readers were shown of an answer, from its beginning, as far as the stream still knows it; empty when it knows nothing, or takes
 * longer than `limitMs` to say so.
 */
export async function readShownText(
  stream: TokenSubscriber,
  {
    sessionId,
    messageId,
    limitMs,
  }: { readonly sessionId: string; readonly messageId: string; readonly limitMs: number },
): Promise<string> {
  const signal = AbortSignal.timeout(limitMs);
  for await (const event of stream.subscribe(sessionId, { messageId, signal })) {
    // What there is comes first, as one delta.
    if (event.type === 'text-delta') return event.offset === 0 ? event.text : '';
    if (event.type === 'text-end') break;
  }
  return '';
}
