import type { TokenSubscriber } from './token-stream.js';

/** The text of an answer that readers saw. */
export interface ShownParts {
  readonly text: string;
  readonly thinking: string;
}

export const NOTHING_SHOWN: ShownParts = { text: '', thinking: '' };

/**
 * The text of an answer that readers saw, from its beginning, as far as the stream still has it. Empty if the stream has nothing, or takes longer than
 * `limitMs` to respond.
 */
export async function readShownText(
  stream: TokenSubscriber,
  {
    sessionId,
    messageId,
    limitMs,
  }: { readonly sessionId: string; readonly messageId: string; readonly limitMs: number },
): Promise<ShownParts> {
  const signal = AbortSignal.timeout(limitMs);
  let thinking = '';
  for await (const event of stream.subscribe(sessionId, { messageId, signal })) {
    // What there is comes first, as one delta of each part. Without a text, thoughts alone are there for as long as the stream may take.
    if (event.type === 'thinking-delta') {
      if (event.offset > thinking.length) break;
      thinking = thinking.slice(0, event.offset) + event.text;
    }
    if (event.type === 'text-delta') return { thinking, text: event.offset === 0 ? event.text : '' };
    if (event.type === 'text-end') break;
  }
  return { thinking, text: '' };
}
