import { expect, it } from 'vitest';
import { TokenLog } from '../../streaming/token-log.js';
import type { StreamEvent } from '../../streaming/token-stream.js';
import { createKeptTextActivities } from './kept-text.js';
import type { EndShownTextInput } from './kept-text.js';

/** Ends an answer whose stream shows this text. @returns the kept text, and the events that a reader who saw the text gets */
async function end(shown: string | undefined, input: Partial<EndShownTextInput> = {}) {
  const stream = new TokenLog();
  if (shown !== undefined) {
    stream.publish('s', { type: 'text-start', messageId: 'm' });
    stream.publish('s', { type: 'text-delta', messageId: 'm', offset: 0, text: shown });
  }
  const told: StreamEvent[] = [];
  const signal = AbortSignal.timeout(5_000);
  const reading = (async () => {
    for await (const event of stream.subscribe('s', { signal })) {
      told.push(event);
      if (event.type === 'text-end') return;
    }
  })();
  const activities = createKeptTextActivities({ publisher: stream, subscriber: stream });
  const { partial } = await activities.endShownText({
    sessionId: 's',
    messageId: 'm',
    finishReason: 'cancelled',
    limitMs: 50,
    ...input,
  });
  await reading;
  const seen = told.reduce(
    (text, each) => (each.type === 'text-delta' ? text.slice(0, each.offset) + each.text : text),
    '',
  );
  return { partial, seen, last: told.at(-1) };
}

const known = { text: 'one two', outputTokens: 2 };

it('keeps what was shown beyond the checkpoint, and tells readers that it has ended', async () => {
  const { partial, last } = await end('one two three', { known });
  expect(partial).toEqual({ text: 'one two three', outputTokens: 2 });
  expect(last).toEqual({ type: 'text-end', messageId: 'm', finishReason: 'cancelled' });
});

it('keeps what was shown where there is no checkpoint', async () => {
  expect((await end('one')).partial).toEqual({ text: 'one', outputTokens: 0 });
});

it('shows what readers have not seen of the checkpoint', async () => {
  expect(await end('one', { known, finishReason: 'failed' })).toMatchObject({
    partial: known,
    seen: 'one two',
    last: { finishReason: 'failed' },
  });
});

it.each(['ten eleven twelve', 'one', undefined])('never trusts the stream over the checkpoint: %s', async (shown) => {
  expect((await end(shown, { known })).partial).toEqual(known);
});

it('does not ask the stream where nothing can have been shown', async () => {
  expect((await end('one', { limitMs: 0 })).partial).toBeUndefined();
});

it.each(['At nine [1], or [7', 'At `items[0]`, or 【1†sou'])(
  'keeps brackets of an unfinished answer: %s',
  async (text) => {
    expect((await end(text, { known: { text, outputTokens: 5 } })).partial?.text).toBe(text);
    expect((await end(`${text}rce】`, { known: { text, outputTokens: 5 } })).partial?.text).toBe(`${text}rce】`);
  },
);
