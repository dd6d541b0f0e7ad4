import { z } from 'zod';
import type { FinishReason } from '../domain/session/conversation.js';
import type { StreamEvent } from './token-stream.js';

/**
 * The token stream between processes: one JSON object a line, UTF-8, `\n` after each. Unknown fields are ignored and unknown
 * types skipped, so that neighbouring versions can talk.
 */
const finishReason: z.ZodType<FinishReason | 'failed'> = z.enum([
  'stop',
  'length',
  'cancelled',
  'deadline',
  'degenerate',
  'filtered',
  'failed',
]);
const offset = z.int().nonnegative();

/** An event as another process may send it. */
export const streamEvent: z.ZodType<StreamEvent> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text-start'), messageId: z.string() }),
  z.object({ type: z.literal('text-delta'), messageId: z.string(), offset, text: z.string() }),
  z.object({ type: z.literal('thinking-delta'), messageId: z.string(), offset, text: z.string() }),
  z.object({
    type: z.literal('progress'),
    messageId: z.string(),
    step: z.enum(['loading', 'queued', 'reading']),
    done: z.int().nonnegative(),
    total: z.int().nonnegative(),
  }),
  z.object({ type: z.literal('text-end'), messageId: z.string(), finishReason }),
]);

/** What a client sends to the hub. `subscription` is a number that the client chooses, unique on its connection. */
export const hubRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('publish'), sessionId: z.string(), event: streamEvent }),
  z.object({
    type: z.literal('subscribe'),
    subscription: z.int(),
    sessionId: z.string(),
    messageId: z.string().optional(),
    fromOffset: offset.optional(),
  }),
  z.object({ type: z.literal('unsubscribe'), subscription: z.int() }),
]);
export type HubRequest = z.infer<typeof hubRequest>;

/** What the hub sends to a client. */
export const hubReply = z.object({ type: z.literal('event'), subscription: z.int(), event: streamEvent });
export type HubReply = z.infer<typeof hubReply>;

/** The line as `schema` has it, or `undefined`. */
export function parseLine<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
