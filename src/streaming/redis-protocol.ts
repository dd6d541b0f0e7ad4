import { z } from 'zod';
import { parseLine, streamEvent } from './socket-protocol.js';
import type { StreamEvent } from './token-stream.js';

/**
 * The token stream in Redis: one Redis stream per session. Each entry has one field, `e`, with an event as JSON, which preserves halves of surrogate
 * pairs, unlike UTF-8. An entry whose delta begins at offset 0 contains its whole part so far.
 */
export interface RedisKeys {
  session(sessionId: string): string;
  /** Key of a reading process; an entry in it ends its blocking read. */
  wake(processId: string): string;
}

/** @param namespace separates deployments that share a Redis and may use the same session ids */
export function redisKeys(namespace: string): RedisKeys {
  return {
    session: (sessionId) => `colloquy:${namespace}:s:${sessionId}`,
    wake: (processId) => `colloquy:${namespace}:w:${processId}`,
  };
}

type DeltaType = Extract<StreamEvent, { type: 'text-delta' | 'thinking-delta' }>['type'];

const EVENT_FIELD = 'e';

/** Arguments of `XADD` after the key and the trimming. */
export function encodeEvent(event: StreamEvent): string[] {
  return ['*', EVENT_FIELD, JSON.stringify(event)];
}

const entrySchema = z.tuple([z.string(), z.array(z.string())]);
/** Reply of `XRANGE`: id and fields of each entry. */
export const rangeReply = z.array(entrySchema);
/** Reply of `XREAD`: the streams that have news, by key; null when the time was over. */
export const readReply = z.array(z.tuple([z.string(), rangeReply])).nullable();
export type RedisEntry = z.infer<typeof entrySchema>;

/** @returns undefined if the entry is not an event */
export function decodeEntry([, [field, json]]: RedisEntry): StreamEvent | undefined {
  return field === EVENT_FIELD && json !== undefined ? parseLine(streamEvent, json) : undefined;
}

/**
 * What the entries of a session come to: start, thoughts, text, newest progress and end of the newest answer. For somebody who comes late it is all there is to
 * know; for somebody who comes back it says nothing twice.
 */
export function foldHistory(events: readonly StreamEvent[]): StreamEvent[] {
  const messageId = events.findLast(({ type }) => type !== 'progress')?.messageId;
  if (messageId === undefined) return [];
  const parts: Partial<Record<DeltaType, { readonly offset: number; readonly text: string }>> = {};
  let progress: StreamEvent | undefined;
  let end: StreamEvent | undefined;
  for (const event of events) {
    if (event.messageId !== messageId) continue;
    if (event.type === 'text-end') end = event;
    if (event.type === 'progress') progress = event;
    if (event.type !== 'text-delta' && event.type !== 'thinking-delta') continue;
    progress = undefined;
    end = undefined;
    const known = parts[event.type];
    const kept = known === undefined ? -1 : event.offset - known.offset;
    if (known === undefined || kept < 0) parts[event.type] = event;
    else if (kept <= known.text.length) {
      parts[event.type] = { offset: known.offset, text: known.text.slice(0, kept) + event.text };
    }
  }
  return [
    { type: 'text-start', messageId },
    ...(['thinking-delta', 'text-delta'] as const).flatMap((type) => {
      const part = parts[type];
      return part === undefined ? [] : [{ type, messageId, offset: part.offset, text: part.text }];
    }),
    ...(progress === undefined || end !== undefined ? [] : [progress]),
    ...(end === undefined ? [] : [end]),
  ];
}
