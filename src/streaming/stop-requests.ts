import type { TokenPublisher, TokenSubscriber } from './token-stream.js';

/**
 * A hint from a client that stops an answer, sent directly to the worker that writes it. It decides nothing: it makes the worker ask the server at once
 * whether the turn was cancelled, instead of at its next heartbeat. If the hint is lost, the stop takes a second longer.
 *
 * It travels as the beginning of a message in a stream beside that of the session, so the hub and Redis need no support for it.
 */
function channel(sessionId: string): string {
  return `stop/${sessionId}`;
}

export function requestStop(publisher: TokenPublisher, sessionId: string, messageId: string): void {
  publisher.publish(channel(sessionId), { type: 'text-start', messageId });
}

/** Calls `onRequest` for each request to stop this message, until `signal` aborts. Never throws. */
export async function watchStopRequests(
  subscriber: TokenSubscriber,
  {
    sessionId,
    messageId,
    signal,
  }: { readonly sessionId: string; readonly messageId: string; readonly signal: AbortSignal },
  onRequest: () => void,
): Promise<void> {
  for await (const event of subscriber.subscribe(channel(sessionId), { messageId, signal })) {
    if (signal.aborted) return;
    if (event.type === 'text-start') onRequest();
  }
}
