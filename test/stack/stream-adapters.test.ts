import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectRedisStream } from '../../src/streaming/redis-stream.js';
import { connectTokenStream } from '../../src/streaming/socket-client.js';
import type { TokenStreamClient } from '../../src/streaming/socket-client.js';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { TokenLog } from '../../src/streaming/token-log.js';
import type { StreamEvent } from '../../src/streaming/token-stream.js';
import { findRedis, NO_REDIS, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';

/** The contract of token-stream.ts, for every way that tokens can take. */
interface Adapter {
  readonly name: string;
  /** What keeps it from being tested here. */
  readonly missing?: string;
  open(): Promise<void>;
  /** An end of the stream: another process would be another client. */
  join(): Promise<TokenStreamClient>;
  close(): Promise<void>;
}

const memory: Adapter & { log: TokenLog } = {
  name: 'in one process',
  log: new TokenLog(),
  open: async () => {},
  join: async () => ({
    publish: (sessionId, event) => memory.log.publish(sessionId, event),
    subscribe: (sessionId, options) => memory.log.subscribe(sessionId, options),
    close: async () => {},
  }),
  close: async () => {},
};

function socketAdapter(): Adapter {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-adapters-'));
  const path = join(folder, 'stream.sock');
  let hub: { close(): Promise<void> } | undefined;
  return {
    name: 'over a socket',
    async open() {
      hub = await serveTokenStream(new TokenLog(), path);
    },
    join: async () => connectTokenStream(path),
    async close() {
      await hub?.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function redisAdapter(): Adapter {
  let redis: RedisServer | undefined;
  return {
    name: 'through Redis',
    missing: findRedis() === undefined ? NO_REDIS : undefined,
    async open() {
      if (findRedis() !== undefined) redis = await startRedis();
    },
    join: () => connectRedisStream(redis?.url ?? ''),
    close: async () => redis?.kill(),
  };
}

const start = (messageId: string): StreamEvent => ({ type: 'text-start', messageId });
const delta = (messageId: string, offset: number, text: string): StreamEvent => ({
  type: 'text-delta',
  messageId,
  offset,
  text,
});
const end = (messageId: string): StreamEvent => ({ type: 'text-end', messageId, finishReason: 'stop' });

/** The rule of the contract. */
const textOf = (events: readonly StreamEvent[]): string =>
  events.reduce((text, event) => (event.type === 'text-delta' ? text.slice(0, event.offset) + event.text : text), '');

let sessionCount = 0;

describe.each([memory, socketAdapter(), redisAdapter()])('the token stream $name', (adapter) => {
  beforeAll(() => adapter.open());
  afterAll(() => adapter.close());
  beforeEach(({ skip }) => skip(adapter.missing !== undefined, adapter.missing));
  const clients: TokenStreamClient[] = [];
  const connect = async (): Promise<TokenStreamClient> => {
    const client = await adapter.join();
    clients.push(client);
    return client;
  };
  /** Keeps everything that it is given. `until` waits for it. */
  const collect = (
    client: TokenStreamClient,
    sessionId: string,
    options: { messageId?: string; fromOffset?: number } = {},
  ) => {
    const controller = new AbortController();
    const events: StreamEvent[] = [];
    const reading = (async () => {
      for await (const event of client.subscribe(sessionId, { signal: controller.signal, ...options }))
        events.push(event);
    })();
    return {
      events,
      until: (condition: (events: StreamEvent[]) => boolean) =>
        vi.waitFor(() => expect(events).toSatisfy(condition), { timeout: 10_000, interval: 5 }),
      async stop(): Promise<StreamEvent[]> {
        // Long enough for what should not come.
        await sleep(100);
        controller.abort();
        await reading;
        return events;
      },
    };
  };
  const hasEnded = (events: readonly StreamEvent[]): boolean => events.at(-1)?.type === 'text-end';
  const hasText = (text: string) => (events: readonly StreamEvent[]) => textOf(events) === text;

  let sessionId: string;
  let writer: TokenStreamClient;
  let reader: TokenStreamClient;
  beforeEach(async () => {
    sessionId = `s${++sessionCount}`;
    [writer, reader] = [await connect(), await connect()];
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  test('brings events to readers of the session, in order, and to no others', async () => {
    const [mine, other] = [collect(reader, sessionId), collect(reader, `${sessionId}-other`)];
    await sleep(50);
    const events = [start('m'), delta('m', 0, 'Hel'), delta('m', 3, 'lo'), end('m')];
    for (const event of events) {
      writer.publish(sessionId, event);
      await sleep(20);
    }
    await mine.until(hasEnded);
    expect(mine.events).toEqual(events);
    expect(await other.stop()).toEqual([]);
  });

  test('gives a latecomer what there is first; one that comes back what it lacks', async () => {
    for (const event of [start('m'), delta('m', 0, 'Hel'), delta('m', 3, 'lo')]) writer.publish(sessionId, event);
    const early = collect(reader, sessionId);
    await early.until(hasText('Hello'));
    const late = collect(await connect(), sessionId);
    const back = collect(await connect(), sessionId, { messageId: 'm', fromOffset: 3 });
    await late.until(hasText('Hello'));
    await back.until((events) => events.length > 1);
    expect(late.events).toEqual([start('m'), delta('m', 0, 'Hello')]);
    expect(back.events).toEqual([start('m'), delta('m', 3, 'lo')]);
    writer.publish(sessionId, delta('m', 5, '!'));
    writer.publish(sessionId, end('m'));
    for (const each of [early, late]) {
      await each.until(hasEnded);
      expect(textOf(each.events)).toBe('Hello!');
    }
  });

  test('shows an ended answer to who names it only, and of a named message nothing else', async () => {
    const named = collect(reader, sessionId, { messageId: 'n' });
    await sleep(50);
    for (const id of ['m', 'n']) {
      for (const event of [start(id), delta(id, 0, `of ${id}`), end(id)]) writer.publish(sessionId, event);
    }
    await named.until(hasEnded);
    expect(await named.stop()).toEqual([start('n'), delta('n', 0, 'of n'), end('n')]);
    const late = await connect();
    expect(await collect(late, sessionId).stop()).toEqual([]);
    const again = collect(late, sessionId, { messageId: 'n' });
    await again.until(hasEnded);
    expect(await again.stop()).toEqual([start('n'), delta('n', 0, 'of n'), end('n')]);
  });

  test('ends when the signal aborts, before anything came as after', async () => {
    const controller = new AbortController();
    const pending = reader.subscribe(sessionId, { signal: controller.signal })[Symbol.asyncIterator]().next();
    controller.abort();
    expect(await pending).toMatchObject({ done: true });
    const aborted = reader.subscribe(sessionId, { signal: AbortSignal.abort() });
    expect(await aborted[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    writer.publish(sessionId, start('m'));
    for await (const event of reader.subscribe(sessionId, { signal: new AbortController().signal })) {
      expect(event).toEqual(start('m'));
      break;
    }
  });

  test('two attempts at an answer, by two writers, are one text', async () => {
    const early = collect(reader, sessionId);
    await sleep(50);
    writer.publish(sessionId, start('m'));
    writer.publish(sessionId, delta('m', 0, 'Hello wor'));
    await early.until(hasText('Hello wor'));
    const second = await connect();
    for (const event of [start('m'), delta('m', 0, 'Hello '), delta('m', 6, 'wor'), delta('m', 9, 'ld')]) {
      second.publish(sessionId, event);
    }
    const late = collect(await connect(), sessionId);
    await late.until(hasText('Hello world'));
    second.publish(sessionId, end('m'));
    await early.until(hasEnded);
    expect(textOf(early.events)).toBe('Hello world');
    expect(early.events.filter(({ type }) => type === 'text-start')).toHaveLength(1);
  });

  test('puts no text in the wrong place when its beginning was lost', async () => {
    const early = collect(reader, sessionId);
    await sleep(50);
    writer.publish(sessionId, delta('m', 5, 'nowhere'));
    await sleep(50);
    writer.publish(sessionId, delta('m', 0, 'Hi'));
    await early.until(hasText('Hi'));
    (await connect()).publish(sessionId, delta('m', 9, 'gap'));
    await sleep(50);
    writer.publish(sessionId, delta('m', 2, '!'));
    await early.until(hasText('Hi!'));
    expect(textOf(await early.stop())).toBe('Hi!');
  });

  test('brings halves of a surrogate pair together again', async () => {
    const early = collect(reader, sessionId);
    await sleep(50);
    writer.publish(sessionId, delta('m', 0, 'Grüße, 世界 \ud83d'));
    await sleep(50);
    writer.publish(sessionId, delta('m', 11, '\ude00\n'));
    await early.until(hasText('Grüße, 世界 😀\n'));
    const late = collect(await connect(), sessionId);
    await late.until(hasText('Grüße, 世界 😀\n'));
    expect(late.events).toEqual([start('m'), delta('m', 0, 'Grüße, 世界 😀\n')]);
  });

  test('ends with the text of the writer, whatever the rhythms of writer and readers', async () => {
    const step = fc.record({ back: fc.nat(6), text: fc.string({ maxLength: 4 }), pauseMs: fc.nat(2) });
    let run = 0;
    const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(3), async (steps, readerPauseMs) => {
      const session = `${sessionId}-${++run}`;
      const reading = Promise.all(
        [0, 1, 2].map(async (index) => {
          const seen: StreamEvent[] = [];
          const options = { signal: new AbortController().signal, messageId: 'm' };
          for await (const event of reader.subscribe(session, options)) {
            seen.push(event);
            if (event.type === 'text-end') break;
            if (readerPauseMs > 0) await sleep(readerPauseMs * index);
          }
          return textOf(seen);
        }),
      );
      writer.publish(session, start('m'));
      let expected = '';
      for (const { back, text, pauseMs } of steps) {
        const offset = Math.max(0, expected.length - back);
        expected = expected.slice(0, offset) + text;
        writer.publish(session, delta('m', offset, text));
        if (pauseMs > 0) await sleep(pauseMs);
      }
      writer.publish(session, end('m'));
      expect(await reading).toEqual([expected, expected, expected]);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test('serves 50 readers of a session, of whom one is slow, without delaying the writer', async () => {
    const read = async (pauseMs: number): Promise<{ text: string; events: number }> => {
      const events: StreamEvent[] = [];
      const options = { signal: new AbortController().signal, messageId: 'm' };
      for await (const event of reader.subscribe(sessionId, options)) {
        events.push(event);
        if (event.type === 'text-end') break;
        if (pauseMs > 0) await sleep(pauseMs);
      }
      return { text: textOf(events), events: events.length };
    };
    const fast = Array.from({ length: 49 }, () => read(0));
    const slow = read(20);
    await sleep(100);
    writer.publish(sessionId, start('m'));
    let written = '';
    let publishMs = 0;
    for (let i = 0; i < 1_000; i++) {
      const text = `${i} `.repeat(20);
      const before = performance.now();
      writer.publish(sessionId, delta('m', written.length, text));
      publishMs += performance.now() - before;
      written += text;
      if (i % 10 === 0) await sleep(1);
    }
    writer.publish(sessionId, end('m'));
    for (const { text } of await Promise.all(fast)) expect(text).toBe(written);
    const { text, events } = await slow;
    expect(text).toBe(written);
    expect(events).toBeLessThan(500);
    // Half a millisecond each, on a busy machine; to wait for the slow reader would cost 20.
    expect(publishMs).toBeLessThan(500);
  });
});
