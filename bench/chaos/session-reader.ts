import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamEvent, TokenSubscriber } from '../../src/streaming/token-stream.js';

/** Before a stream that was lost is asked again. */
const AGAIN_MS = 50;

/** What one reader of a session has seen, of all its answers. */
export interface SessionReader {
  /** By message; kept by the rule `slice(0, offset) + delta`. */
  readonly texts: ReadonlyMap<string, string>;
  /** Characters that were shown and then replaced by others. */
  readonly rewritten: number;
  /** How much of an answer had been shown at a time (ms since 1970). */
  lengthAt(messageId: string, time: number): number;
  /** When something of an answer came, ms since 1970. */
  eventTimes(messageId: string): readonly number[];
  stop(): Promise<void>;
}

/** Follows a session until it is stopped. */
export function followSession(stream: TokenSubscriber, sessionId: string): SessionReader {
  const texts = new Map<string, string>();
  const lengths = new Map<string, { readonly at: number; readonly length: number }[]>();
  const stopping = new AbortController();
  let rewritten = 0;

  const take = (event: StreamEvent): void => {
    const { messageId } = event;
    const text = texts.get(messageId) ?? '';
    let next = text;
    if (event.type === 'text-delta') {
      next = text.slice(0, event.offset) + event.text;
      rewritten += replacedCharacters(text, next);
    }
    texts.set(messageId, next);
    const samples = lengths.get(messageId) ?? [];
    samples.push({ at: Date.now(), length: next.length });
    lengths.set(messageId, samples);
  };
  const reading = (async () => {
    const { signal } = stopping;
    // Over the socket an iteration ends when the hub is lost; through Redis it goes on.
    while (!signal.aborted) {
      for await (const event of stream.subscribe(sessionId, { signal })) take(event);
      await sleep(AGAIN_MS);
    }
  })();

  return {
    texts,
    get rewritten() {
      return rewritten;
    },
    lengthAt: (messageId, time) =>
      Math.max(0, ...(lengths.get(messageId) ?? []).filter(({ at }) => at <= time).map(({ length }) => length)),
    eventTimes: (messageId) => (lengths.get(messageId) ?? []).map(({ at }) => at),
    async stop() {
      stopping.abort();
      await reading;
    },
  };
}

/** A text that only becomes longer replaces nothing; nor does one that is cut and then goes on as before. */
function replacedCharacters(before: string, after: string): number {
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same++;
  return Math.min(before.length, after.length) - same;
}
