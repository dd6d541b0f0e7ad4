import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenLog } from './token-log.js';
import type { StreamEvent } from './token-stream.js';

const start = (messageId: string): StreamEvent => ({ type: 'text-start', messageId });
const delta = (messageId: string, offset: number, text: string): StreamEvent => ({
  type: 'text-delta',
  messageId,
  offset,
  text,
});
const end = (messageId: string): StreamEvent => ({ type: 'text-end', messageId, finishReason: 'stop' });

const progress = (messageId: string, done: number): StreamEvent => ({
  type: 'progress',
  messageId,
  step: 'reading',
  done,
  total: 9,
});

/** A reader that keeps everything it is given, from the moment of the call; `stop` lets it finish with what is there. */
function collect(log: TokenLog, sessionId: string, options: { messageId?: string; fromOffset?: number } = {}) {
  const controller = new AbortController();
  const events: StreamEvent[] = [];
  const stream = log.subscribe(sessionId, { signal: controller.signal, ...options });
  const reading = (async () => {
    for await (const event of stream) events.push(event);
  })();
  return {
    async stop(): Promise<StreamEvent[]> {
      await settle();
      controller.abort();
      await reading;
      return events;
    },
  };
}

/** All that can happen without a timer or I/O has happened, `times` times over. */
async function settle(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** The rule of the contract. */
const textOf = (events: readonly StreamEvent[], initial = ''): string =>
  events.reduce(
    (text, event) => (event.type === 'text-delta' ? text.slice(0, event.offset) + event.text : text),
    initial,
  );

describe('a subscriber', () => {
  test('gets events as they are published, of its session only', async () => {
    const log = new TokenLog();
    const reader = collect(log, 'a');
    const events = [start('m'), delta('m', 0, 'Hel'), delta('m', 3, 'lo'), end('m')];
    for (const event of events) {
      log.publish('a', event);
      log.publish('b', event);
      await settle();
    }
    expect(await reader.stop()).toEqual(events);
  });

  test('that comes late gets what there is of the answer first', async () => {
    const log = new TokenLog();
    log.publish('a', start('m'));
    log.publish('a', delta('m', 0, 'Hel'));
    log.publish('a', delta('m', 3, 'lo'));
    const reader = collect(log, 'a');
    await settle();
    log.publish('a', delta('m', 5, '!'));
    expect(await reader.stop()).toEqual([start('m'), delta('m', 0, 'Hello'), delta('m', 5, '!')]);
  });

  test('that comes back gets only what it lacks', async () => {
    const log = new TokenLog();
    log.publish('a', start('m'));
    log.publish('a', delta('m', 0, 'Hello'));
    expect(await collect(log, 'a', { messageId: 'm', fromOffset: 3 }).stop()).toEqual([
      start('m'),
      delta('m', 3, 'lo'),
    ]);
    expect(await collect(log, 'a', { messageId: 'm', fromOffset: 5 }).stop()).toEqual([start('m')]);
    expect(await collect(log, 'a', { fromOffset: 3 }).stop()).toEqual([start('m'), delta('m', 0, 'Hello')]);
  });

  test('gets an ended answer only when it names it, and not after the expiry', async () => {
    let now = 0;
    const log = new TokenLog({ now: () => now, limits: { endedExpiryMs: 1_000 } });
    for (const event of [start('m'), delta('m', 0, 'Hello'), end('m')]) log.publish('a', event);
    expect(await collect(log, 'a').stop()).toEqual([]);
    expect(await collect(log, 'a', { messageId: 'm' }).stop()).toEqual([start('m'), delta('m', 0, 'Hello'), end('m')]);
    now = 1_000;
    expect(await collect(log, 'a', { messageId: 'm' }).stop()).toEqual([]);
  });

  test('of one message sees no other', async () => {
    const log = new TokenLog();
    const reader = collect(log, 'a', { messageId: 'n' });
    for (const id of ['m', 'n']) for (const event of [start(id), delta(id, 0, id), end(id)]) log.publish('a', event);
    expect(await reader.stop()).toEqual([start('n'), delta('n', 0, 'n'), end('n')]);
  });

  test('that breaks off is forgotten, and one whose signal had aborted gets nothing', async () => {
    const log = new TokenLog();
    log.publish('a', start('m'));
    const controller = new AbortController();
    for await (const event of log.subscribe('a', { signal: controller.signal })) {
      expect(event).toEqual(start('m'));
      break;
    }
    const aborted = log.subscribe('a', { signal: AbortSignal.abort() });
    expect(await aborted[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    expect(log).toMatchObject({ readers: new Map() });
  });
});

describe('progress', () => {
  test('goes to those who read; who comes late gets the newest, and none once there is text', async () => {
    const log = new TokenLog();
    const reader = collect(log, 'a');
    const events = [start('m'), progress('m', 1), progress('m', 2)];
    for (const event of events) {
      log.publish('a', event);
      await settle();
    }
    expect(await reader.stop()).toEqual(events);
    expect(await collect(log, 'a').stop()).toEqual([start('m'), progress('m', 2)]);
    log.publish('a', delta('m', 0, 'Hi'));
    expect(await collect(log, 'a').stop()).toEqual([start('m'), delta('m', 0, 'Hi')]);
  });

  test('of an attempt that reads again comes after the text that there is', async () => {
    const log = new TokenLog();
    for (const event of [start('m'), delta('m', 0, 'Hi'), progress('m', 3)]) log.publish('a', event);
    expect(await collect(log, 'a').stop()).toEqual([start('m'), delta('m', 0, 'Hi'), progress('m', 3)]);
    log.publish('a', end('m'));
    expect(await collect(log, 'a', { messageId: 'm' }).stop()).toEqual([start('m'), delta('m', 0, 'Hi'), end('m')]);
  });

  test('of a message that is not the current one, or has ended, is dropped', async () => {
    const log = new TokenLog();
    for (const event of [start('m'), end('m'), start('n'), delta('n', 0, 'Hi')]) log.publish('a', event);
    const reader = collect(log, 'a');
    log.publish('a', progress('m', 1));
    log.publish('a', end('n'));
    log.publish('a', progress('n', 1));
    expect(await reader.stop()).toEqual([start('n'), delta('n', 0, 'Hi'), end('n')]);
  });

  test('that a slow subscriber has not read costs it one event', async () => {
    const log = new TokenLog();
    const reader = collect(log, 'a');
    const waiting = [start('m'), ...Array.from({ length: 3000 }, (_, done) => progress('m', done))];
    for (const event of waiting) log.publish('a', event);
    expect(await reader.stop()).toEqual([start('m'), progress('m', 2999)]);
  });
});

describe('a slow subscriber', () => {
  test('gets merged deltas, while a fast one gets each', async () => {
    const log = new TokenLog();
    const fast = collect(log, 'a');
    const slow = log.subscribe('a', { signal: new AbortController().signal })[Symbol.asyncIterator]();
    log.publish('a', start('m'));
    for (let i = 0; i < 1_000; i++) {
      log.publish('a', delta('m', i, String(i % 10)));
      await settle();
    }
    log.publish('a', end('m'));
    const fastEvents = await fast.stop();
    expect(fastEvents).toHaveLength(1_002);
    expect((await slow.next()).value).toEqual(start('m'));
    expect((await slow.next()).value).toEqual(delta('m', 0, '0123456789'.repeat(100)));
    expect((await slow.next()).value).toEqual(end('m'));
  });

  test('that never reads holds a bounded number of events, the newest', async () => {
    const log = new TokenLog();
    const reader = log.subscribe('a', { signal: new AbortController().signal })[Symbol.asyncIterator]();
    for (let i = 0; i < 10_000; i++) {
      for (const event of [start(`m${i}`), delta(`m${i}`, 0, 'x'), end(`m${i}`)]) log.publish('a', event);
    }
    log.publish('a', start('last'));
    const events: StreamEvent[] = [];
    while (events.at(-1)?.messageId !== 'last') events.push((await reader.next()).value);
    expect(events.length).toBe(1024);
    expect(events.at(-3)).toEqual(delta('m9999', 0, 'x'));
  });

  test.each([1, 50])(
    'ends with the text of the log, whatever the rhythms of writer and readers: %i readers',
    async (count) => {
      const step = fc.record({ back: fc.nat(6), text: fc.string({ maxLength: 4 }), pause: fc.nat(2) });
      const rhythms = fc.array(fc.nat(5), { minLength: 1, maxLength: 7 });
      const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), rhythms, async (steps, pauses) => {
        const log = new TokenLog();
        const readings = Array.from({ length: count }, async (_, index) => {
          const seen: StreamEvent[] = [];
          for await (const event of log.subscribe('a', { signal: new AbortController().signal })) {
            seen.push(event);
            if (event.type === 'text-end') break;
            await settle(pauses[(index + seen.length) % pauses.length]);
          }
          return textOf(seen);
        });
        log.publish('a', start('m'));
        let expected = '';
        for (const { back, text, pause } of steps) {
          const offset = Math.max(0, expected.length - back);
          expected = expected.slice(0, offset) + text;
          log.publish('a', delta('m', offset, text));
          await settle(pause);
        }
        log.publish('a', end('m'));
        expect(new Set(await Promise.all(readings))).toEqual(new Set([expected]));
      });
      await fc.assert(property, { numRuns: count === 1 ? 200 : 20 });
    },
  );
});

describe('an unreliable writer', () => {
  test('a second attempt goes on with the text of the first, and what it repeats is not sent again', async () => {
    const log = new TokenLog();
    log.publish('a', start('m'));
    log.publish('a', delta('m', 0, 'Hello wor'));
    const reader = collect(log, 'a');
    await settle();
    log.publish('a', start('m'));
    log.publish('a', delta('m', 6, 'world'));
    await settle();
    log.publish('a', delta('m', 6, 'work'));
    expect(await reader.stop()).toEqual([
      start('m'),
      delta('m', 0, 'Hello wor'),
      delta('m', 9, 'ld'),
      delta('m', 9, 'k'),
    ]);
  });

  test('a lost start is made up; a delta beyond the known text is dropped; so is one of a message that is over', async () => {
    const log = new TokenLog();
    const reader = collect(log, 'a');
    log.publish('a', delta('m', 5, 'nowhere'));
    log.publish('a', delta('m', 0, 'Hi'));
    log.publish('a', delta('m', 3, 'gap'));
    log.publish('a', start('n'));
    log.publish('a', delta('m', 2, ' late'));
    log.publish('a', end('m'));
    expect(await reader.stop()).toEqual([start('m'), delta('m', 0, 'Hi'), start('n')]);
  });

  test('what it repeats of an ended answer is dropped; something else opens the answer again', async () => {
    const log = new TokenLog();
    const events = [start('m'), delta('m', 0, 'Hello'), end('m')];
    for (const event of events) log.publish('a', event);
    const reader = collect(log, 'a');
    for (const event of events) log.publish('a', event);
    await settle();
    log.publish('a', delta('m', 4, 'p'));
    log.publish('a', end('m'));
    expect(await reader.stop()).toEqual([start('m'), delta('m', 0, 'Hellp'), end('m')]);
  });

  test('a relay takes an answer that begins in its middle, and says where', async () => {
    const log = new TokenLog({ relay: true });
    const controller = new AbortController();
    const events: StreamEvent[] = [];
    log.publish('a', start('m'));
    log.publish('a', delta('m', 100, 'mid'));
    log.publish('a', delta('m', 103, 'dle'));
    log.publish('a', delta('m', 99, ' middle'));
    log.publish('b', delta('m', 7, 'also'));
    const reading = (async () => {
      for await (const { event } of log.subscribeAll({ signal: controller.signal })) events.push(event);
    })();
    await settle();
    log.publish('a', delta('m', 105, 'e of it'));
    await settle(5);
    controller.abort();
    await reading;
    expect(events).toEqual([
      start('m'),
      delta('m', 99, ' middle'),
      start('m'),
      delta('m', 7, 'also'),
      delta('m', 106, ' of it'),
    ]);
  });

  test('halves of a surrogate pair come together again', async () => {
    const log = new TokenLog();
    const reader = log.subscribe('a', { signal: new AbortController().signal })[Symbol.asyncIterator]();
    log.publish('a', delta('m', 0, 'a\ud83d'));
    log.publish('a', delta('m', 2, '\ude00b'));
    await reader.next();
    expect((await reader.next()).value).toEqual(delta('m', 0, 'a😀b'));
  });
});

describe('memory', () => {
  test('the session that was silent longest goes first', async () => {
    const log = new TokenLog({ limits: { maxSessions: 2 } });
    for (const session of ['a', 'b']) log.publish(session, delta('m', 0, session));
    log.publish('a', delta('m', 1, 'a'));
    log.publish('c', delta('m', 0, 'c'));
    expect(textOf(await collect(log, 'a').stop())).toBe('aa');
    expect(await collect(log, 'b').stop()).toEqual([]);
    expect(textOf(await collect(log, 'c').stop())).toBe('c');
  });

  test('an answer grows to its limit, all answers together to theirs', async () => {
    const log = new TokenLog({ limits: { maxTextLength: 10, maxTotalTextLength: 25 } });
    for (const session of ['a', 'b', 'c']) {
      for (let offset = 0; offset < 20; offset += 5) log.publish(session, delta('m', offset, '12345'));
    }
    expect(await collect(log, 'a').stop()).toEqual([]);
    expect(textOf(await collect(log, 'b').stop())).toBe('1234512345');
    expect(textOf(await collect(log, 'c').stop())).toBe('1234512345');
  });

  test('an answer that its writer abandoned is not shown to those who come later', async () => {
    let now = 0;
    const log = new TokenLog({ now: () => now });
    log.publish('a', delta('m', 0, 'Hel'));
    now = 900_000;
    expect(await collect(log, 'a').stop()).toEqual([]);
  });
});

describe('thoughts', () => {
  const thought = (offset: number, text: string): StreamEvent => ({
    type: 'thinking-delta',
    messageId: 'm',
    offset,
    text,
  });

  test('come first to a latecomer, apart from the text', async () => {
    const log = new TokenLog();
    const events = [start('m'), thought(0, 'Let me '), thought(7, 'see.'), delta('m', 0, 'It'), delta('m', 2, ' is')];
    for (const event of events) log.publish('a', event);
    expect(await collect(log, 'a').stop()).toEqual([start('m'), thought(0, 'Let me see.'), delta('m', 0, 'It is')]);
    const later = collect(log, 'a', { messageId: 'm', fromOffset: 2 });
    expect(await later.stop()).toEqual([start('m'), thought(0, 'Let me see.'), delta('m', 2, ' is')]);
  });

  test('are passed on once, though a resumed attempt repeats some', async () => {
    const log = new TokenLog();
    for (const event of [start('m'), thought(0, 'Let me')]) log.publish('a', event);
    const reader = collect(log, 'a');
    await settle();
    for (const event of [start('m'), thought(0, 'Let me see'), delta('m', 0, 'It'), delta('m', 0, 'It is')]) {
      log.publish('a', event);
      await settle();
    }
    expect(await reader.stop()).toEqual([
      start('m'),
      thought(0, 'Let me'),
      thought(6, ' see'),
      delta('m', 0, 'It'),
      delta('m', 2, ' is'),
    ]);
  });

  test('and text are merged for a slow reader, each with its own', async () => {
    const log = new TokenLog();
    const reader = collect(log, 'a');
    const events = [start('m'), thought(0, 'a'), thought(1, 'b'), delta('m', 0, 'c'), delta('m', 1, 'd'), end('m')];
    for (const event of events) log.publish('a', event);
    expect(await reader.stop()).toEqual([start('m'), thought(0, 'ab'), delta('m', 0, 'cd'), end('m')]);
  });

  test('count for what the log may hold', async () => {
    const log = new TokenLog({ limits: { maxTotalTextLength: 8 } });
    log.publish('a', { ...thought(0, 'five5'), messageId: 'm' });
    log.publish('b', { ...thought(0, 'five5'), messageId: 'm' });
    expect(await collect(log, 'a').stop()).toEqual([]);
    expect(await collect(log, 'b').stop()).toHaveLength(2);
  });
});
