import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectRedisStream, RedisUrlError } from '../../src/streaming/redis-stream.js';
import type { RedisStreamOptions } from '../../src/streaming/redis-stream.js';
import type { TokenStreamClient } from '../../src/streaming/socket-client.js';
import type { StreamEvent } from '../../src/streaming/token-stream.js';
import { askRedis as ask } from '../support/ask-redis.js';
import { findRedis, freePort, NO_REDIS, startRedis } from '../support/redis-server.js';
import type { RedisServer, StartRedisOptions } from '../support/redis-server.js';
import { compileSources, program } from './compiled.js';
import { kill, run, runWith } from './running.js';

const sources = compileSources();
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});
beforeEach(({ skip }) => skip(findRedis() === undefined, NO_REDIS));

const start: StreamEvent = { type: 'text-start', messageId: 'm' };
const delta = (offset: number, text: string): StreamEvent => ({ type: 'text-delta', messageId: 'm', offset, text });
const end: StreamEvent = { type: 'text-end', messageId: 'm', finishReason: 'stop' };

async function serve(options?: StartRedisOptions): Promise<RedisServer> {
  const redis = await startRedis(options);
  opened.push({ close: () => redis.kill() });
  return redis;
}

async function joinStream(url: string, options?: RedisStreamOptions): Promise<TokenStreamClient> {
  const client = await connectRedisStream(url, options);
  opened.push(client);
  return client;
}

/** A flat reply of names and values, in pairs. */
const chunked = (reply: unknown): [unknown, unknown][] =>
  Array.isArray(reply) ? reply.flatMap((name, i) => (i % 2 === 0 ? [[name, reply[i + 1]]] : [])) : [];

interface Reading {
  readonly text: string;
  readonly done: Promise<string>;
}

/** The answer `m` as a reader sees it, up to its end. */
function readAnswer(client: TokenStreamClient, sessionId = 's', onText: (text: string) => void = () => {}): Reading {
  let text = '';
  const done = (async () => {
    const options = { signal: new AbortController().signal, messageId: 'm' };
    for await (const event of client.subscribe(sessionId, options)) {
      if (event.type === 'text-delta') {
        text = text.slice(0, event.offset) + event.text;
        onText(event.text);
      }
      if (event.type === 'text-end') break;
    }
    return text;
  })();
  return {
    get text() {
      return text;
    },
    done,
  };
}

const wordNumbers = (text: string): number[] =>
  text.split(' ').flatMap((word) => (word === '' ? [] : [parseInt(word, 10)]));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a Redis that fails', () => {
  test('killed in the middle of an answer and started again, empty: the writer never waits, readers miss nothing', async () => {
    const redis = await startRedis();
    const notices: string[] = [];
    const writer = await joinStream(redis.url, { onNotice: (line) => notices.push(line) });
    const early = readAnswer(await joinStream(redis.url));
    let longestMs = 0;
    const publish = (event: StreamEvent): void => {
      const before = performance.now();
      writer.publish('s', event);
      longestMs = Math.max(longestMs, performance.now() - before);
    };
    const words = Array.from({ length: 600 }, (_, index) => `${index} `);
    let offset = 0;
    publish(start);
    const writing = (async () => {
      for (const word of words) {
        publish(delta(offset, word));
        offset += word.length;
        await sleep(5);
      }
      publish(end);
    })();
    await vi.waitFor(() => expect(early.text.length).toBeGreaterThan(100));
    await redis.kill();
    const seen = early.text.length;
    await sleep(500);
    expect(early.text.length).toBe(seen);
    await serve({ port: redis.port });
    const late = readAnswer(await joinStream(redis.url));
    await writing;
    expect(await early.done).toBe(words.join(''));
    expect(await late.done).toBe(words.join(''));
    // A publication is a note in memory; to wait for a Redis that is gone would cost seconds.
    expect(longestMs).toBeLessThan(200);
    expect(notices).toEqual([
      expect.stringMatching(/^No live text for now: Redis at localhost:\d+: .+\. Still trying\.$/u),
      expect.stringMatching(/^Token stream: Redis at localhost:\d+ is back\.$/u),
    ]);
  }, 40_000);

  test('that cuts all connections: a writer whose answer has ended does not get in the way of the one that goes on', async () => {
    const redis = await serve();
    const [first, second] = [await joinStream(redis.url), await joinStream(redis.url)];
    const earlier = readAnswer(await joinStream(redis.url));
    for (const event of [start, delta(0, 'first'), end]) first.publish('s', event);
    expect(await earlier.done).toBe('first');
    const current = (offset: number, text: string): StreamEvent => ({ ...delta(offset, text), messageId: 'n' });
    second.publish('s', current(0, 'seco'));
    let seen = '';
    const reader = await joinStream(redis.url);
    const messages = new Set<string>();
    const reading = (async () => {
      for await (const event of reader.subscribe('s', { signal: new AbortController().signal })) {
        messages.add(event.messageId);
        if (event.type === 'text-delta') seen = seen.slice(0, event.offset) + event.text;
        if (event.type === 'text-end') break;
      }
    })();
    await vi.waitFor(() => expect(seen).toBe('seco'));
    await ask(redis, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    // All are back by then.
    await sleep(1_000);
    second.publish('s', current(4, 'nd'));
    await vi.waitFor(() => expect(seen).toBe('second'));
    const late = (await joinStream(redis.url)).subscribe('s', { signal: new AbortController().signal });
    for await (const event of late) {
      expect(event.messageId).toBe('n');
      if (event.type !== 'text-delta') continue;
      expect(event).toEqual(current(0, 'second'));
      break;
    }
    second.publish('s', { type: 'text-end', messageId: 'n', finishReason: 'stop' });
    await reading;
    expect([...messages]).toEqual(['n']);
  });

  test('silent: 100,000 deltas take no time and little memory; when it wakes it gets the text', async () => {
    const redis = await serve();
    const writer = await joinStream(redis.url);
    writer.publish('s', start);
    writer.publish('s', delta(0, '0 '));
    const reading = readAnswer(await joinStream(redis.url));
    await vi.waitFor(() => expect(reading.text).toBe('0 '));
    redis.signal('SIGSTOP');
    const memoryBefore = process.memoryUsage().rss;
    let expected = '0 ';
    let longestMs = 0;
    const since = performance.now();
    for (let i = 1; i <= 100_000; i++) {
      const text = `${i % 10} `;
      const before = performance.now();
      writer.publish('s', delta(expected.length, text));
      longestMs = Math.max(longestMs, performance.now() - before);
      expected += text;
      if (i % 1_000 === 0) await sleep(1);
    }
    const tookMs = performance.now() - since;
    const grownMiB = (process.memoryUsage().rss - memoryBefore) / 2 ** 20;
    process.stdout.write(
      `100,000 deltas with Redis stopped: ${tookMs.toFixed(0)} ms, longest ${longestMs.toFixed(1)} ms, ${grownMiB.toFixed(0)} MiB\n`,
    );
    // Kept one by one they would take some 20 MB, and as much again on the way.
    expect(grownMiB).toBeLessThan(150);
    expect(tookMs).toBeLessThan(10_000);
    expect(longestMs).toBeLessThan(200);
    // Longer than the writer waits for a reply.
    await sleep(3_500);
    redis.signal('SIGCONT');
    writer.publish('s', end);
    expect(await reading.done).toBe(expected);
  }, 40_000);

  test('absent: the writer neither throws nor waits, says so once, and closes soon', async () => {
    const notices: string[] = [];
    const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
    const writer = await joinStream(url, { atOnce: true, onNotice: (line) => notices.push(line) });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of writer.subscribe('s', { signal: controller.signal }));
    })();
    writer.publish('s', start);
    for (let i = 0; i < 10_000; i++) writer.publish('s', delta(i, 'x'));
    await sleep(1_000);
    expect(notices).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(notices[0]).not.toContain('secret');
    controller.abort();
    await reading;
    const before = performance.now();
    await writer.close();
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('that refuses: a wrong password and a full memory are told, and nothing else happens', async () => {
    const guarded = await serve({ args: ['--requirepass', 'right'] });
    const notices: string[] = [];
    const onNotice = (line: string): unknown => notices.push(line);
    await joinStream(guarded.url.replace('//', '//:wrong@'), { atOnce: true, onNotice });
    await vi.waitFor(() => expect(notices).toEqual([expect.stringContaining('WRONGPASS')]), 5_000);
    const writer = await joinStream(guarded.url.replace('//', '//:right@'));
    const reading = readAnswer(writer);
    for (const event of [start, delta(0, 'Hello'), end]) writer.publish('s', event);
    expect(await reading.done).toBe('Hello');

    const full = await serve({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] });
    (await joinStream(full.url, { onNotice })).publish('s', start);
    await vi.waitFor(() => expect(notices).toEqual([expect.anything(), expect.stringContaining('OOM')]), 5_000);
  });

  test('an address that is none is refused, without showing what it holds', async () => {
    for (const url of ['http://user:secret@host', 'nonsense', 'redis://', '']) {
      const refusal = connectRedisStream(url);
      await expect(refusal).rejects.toThrow(RedisUrlError);
      await expect(refusal).rejects.not.toThrow(/secret/u);
    }
  });
});

describe('what is in Redis', () => {
  test('an answer of thousands of deltas stays small, and a latecomer gets all of it', async () => {
    const key = 'colloquy:default:s:s';
    const redis = await serve();
    const writer = await joinStream(redis.url);
    const early = readAnswer(await joinStream(redis.url));
    writer.publish('s', start);
    let expected = '';
    let longestStream = 0;
    for (let i = 0; i < 4_000; i++) {
      writer.publish('s', delta(expected.length, `${i % 10} `));
      expected += `${i % 10} `;
      // Slow enough that most become an entry of their own.
      await sleep(1);
      if (i % 100 === 0) longestStream = Math.max(longestStream, Number(await ask(redis, 'XLEN', key)));
    }
    await vi.waitFor(() => expect(early.text).toBe(expected), 10_000);
    const bytes = Number(await ask(redis, 'MEMORY', 'USAGE', key, 'SAMPLES', '0'));
    const info = new Map(chunked(await ask(redis, 'XINFO', 'STREAM', key)));
    const added = Number(info.get('entries-added'));
    process.stdout.write(`${added} entries were added; ${longestStream} at most and ${bytes} bytes stayed\n`);
    expect(added).toBeGreaterThan(1_500);
    expect(longestStream).toBeLessThan(600);
    expect(bytes).toBeLessThan(150_000);
    const late = readAnswer(await joinStream(redis.url));
    await vi.waitFor(() => expect(late.text).toBe(expected));
    writer.publish('s', end);
    expect(await late.done).toBe(expected);
    expect(await early.done).toBe(expected);
  }, 40_000);

  test('is forgotten: an ended answer soon, an abandoned one later', async () => {
    const redis = await serve();
    const writer = await joinStream(redis.url, { endedExpiryMs: 300, silentExpiryMs: 2_000 });
    for (const event of [start, delta(0, 'Hello'), end]) writer.publish('ended', event);
    for (const event of [start, delta(0, 'Hello')]) writer.publish('abandoned', event);
    const keys = async (): Promise<unknown> => ask(redis, 'KEYS', '*');
    const [ended, abandoned] = ['colloquy:default:s:ended', 'colloquy:default:s:abandoned'];
    await vi.waitFor(async () => expect(await keys()).toContain(abandoned));
    expect(Number(await ask(redis, 'PTTL', abandoned))).toBeGreaterThan(1_000);
    await vi.waitFor(async () => expect(await keys()).not.toContain(ended), 2_000);
    expect(await keys()).toEqual([abandoned]);
    await vi.waitFor(async () => expect(await keys()).toEqual([]), 4_000);
    // The times that hold without being told.
    const other = await joinStream(redis.url);
    for (const event of [start, delta(0, 'Hello'), end]) other.publish('ended', event);
    other.publish('abandoned', start);
    await vi.waitFor(async () => expect(await keys()).toHaveLength(2));
    expect(Number(await ask(redis, 'PTTL', ended))).toSatisfy((ms: number) => ms > 50_000 && ms <= 60_000);
    expect(Number(await ask(redis, 'PTTL', abandoned))).toSatisfy((ms: number) => ms > 890_000 && ms <= 900_000);
  });

  test('namespaces keep sessions with the same id apart', async () => {
    const redis = await serve();
    const [one, other] = [
      await joinStream(redis.url, { namespace: 'one' }),
      await joinStream(redis.url, { namespace: 'other' }),
    ];
    const [ofOne, ofOther] = [readAnswer(one), readAnswer(other)];
    for (const [client, text] of [
      [one, 'one'],
      [other, 'other'],
    ] as const) {
      for (const event of [start, delta(0, text), end]) client.publish('s', event);
    }
    expect(await ofOne.done).toBe('one');
    expect(await ofOther.done).toBe('other');
  });

  test('what others wrote there is ignored, with one notice', async () => {
    const redis = await serve();
    const notices: string[] = [];
    const reader = await joinStream(redis.url, { onNotice: (line) => notices.push(line) });
    await ask(redis, 'XADD', 'colloquy:default:s:s', '*', 'e', 'nonsense');
    const reading = readAnswer(reader);
    const writer = await joinStream(redis.url);
    writer.publish('s', start);
    writer.publish('s', delta(0, 'Hel'));
    await vi.waitFor(() => expect(reading.text).toBe('Hel'));
    await ask(redis, 'XADD', 'colloquy:default:s:s', '*', 'f', JSON.stringify(delta(0, 'x')));
    writer.publish('s', delta(3, 'lo'));
    writer.publish('s', end);
    expect(await reading.done).toBe('Hello');
    expect(notices).toEqual([expect.stringContaining('is not an event')]);
  });
});

test('50 readers of a session, and readers of 50 others, share two connections', async () => {
  const redis = await serve();
  const reader = await joinStream(redis.url);
  const readings = [
    ...Array.from({ length: 50 }, () => readAnswer(reader, 's')),
    ...Array.from({ length: 50 }, (_, index) => readAnswer(reader, `s${index}`)),
  ];
  await sleep(200);
  const writer = await joinStream(redis.url);
  const sessions = ['s', ...Array.from({ length: 50 }, (_, index) => `s${index}`)];
  for (const session of sessions) writer.publish(session, start);
  for (let i = 0; i < 100; i++) {
    for (const session of sessions) writer.publish(session, delta(i, 'x'));
    await sleep(2);
  }
  // The reader's two, the writer's one, and that of the question.
  expect(
    String(await ask(redis, 'CLIENT', 'LIST'))
      .trim()
      .split('\n'),
  ).toHaveLength(4);
  for (const session of sessions) writer.publish(session, end);
  for (const { done } of readings) expect(await done).toBe('x'.repeat(100));
});

test('a session that is read from while the connection for commands is lost is not forgotten', async () => {
  const redis = await serve();
  const writer = await joinStream(redis.url);
  for (const session of ['a', 'b']) writer.publish(session, delta(0, 'Hello'));
  const reader = await joinStream(redis.url);
  const first = readAnswer(reader, 'a');
  await vi.waitFor(() => expect(first.text).toBe('Hello'));
  await writer.close();
  // Of those left, the one that reads is blocked (b), and the one that asks is last.
  const clients = String(await ask(redis, 'CLIENT', 'LIST'))
    .trim()
    .split('\n');
  const [id] = clients.flatMap((line) => (/ flags=b/u.test(line) ? [] : [/^id=(\d+)/u.exec(line)?.[1] ?? '']));
  await ask(redis, 'CLIENT', 'KILL', 'ID', id ?? '');
  await sleep(10);
  const second = readAnswer(reader, 'b');
  // The blocking read, which knows nothing of the second, would end after 5 s.
  await vi.waitFor(() => expect(second.text).toBe('Hello'), 2_000);
});

describe('across processes', () => {
  test('with little lag', async () => {
    const redis = await serve();
    const lags: number[] = [];
    const reading = readAnswer(await joinStream(redis.url), 's', (text) => {
      const now = performance.timeOrigin + performance.now();
      for (const match of text.matchAll(/@([\d.]+)/g)) lags.push(now - Number(match[1]));
    });
    run(program('writer.mjs'), sources, redis.url, '500', '5');
    expect(wordNumbers(await reading.done)).toEqual(upTo(500));
    // Those written before the connection stood are the start of the process, not the stream.
    const settled = lags.slice(50).toSorted((a, b) => a - b);
    const at = (share: number): number => settled[Math.floor(settled.length * share)] ?? NaN;
    process.stdout.write(
      `lag through Redis: median ${at(0.5).toFixed(2)} ms, p95 ${at(0.95).toFixed(2)} ms, most ${at(0.999).toFixed(2)} ms\n`,
    );
    expect(at(0.5)).toBeLessThan(50);
  });

  test('a writer that is killed leaves its text; another one goes on from a little earlier', async () => {
    const redis = await serve();
    const reading = readAnswer(await joinStream(redis.url));
    const writer = run(program('writer.mjs'), sources, redis.url, '1000', '5');
    await vi.waitFor(() => expect(wordNumbers(reading.text).length).toBeGreaterThan(20), 10_000);
    await kill(writer.child);
    const second = await joinStream(redis.url);
    const offset = reading.text.indexOf('10@');
    for (const event of [start, delta(offset, '10@0 11@0 '), delta(offset + 10, '12@0'), end])
      second.publish('s', event);
    expect(wordNumbers(await reading.done)).toEqual(upTo(13));
    const late = readAnswer(await joinStream(redis.url));
    expect(wordNumbers(await late.done)).toEqual(upTo(13));
  });

  test('over TLS, with a certificate that is known', async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-tls-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    try {
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'].concat([
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=DNS:localhost',
          '-keyout',
          keyFile,
          '-out',
          certFile,
        ]),
        { stdio: 'ignore' },
      );
    } catch (error) {
      skip(`openssl is needed to make a certificate: ${String(error)}`);
    }
    opened.push({ close: async () => rmSync(folder, { recursive: true }) });
    const redis = await serve({ tls: { keyFile, certFile } });
    const notices: string[] = [];
    await joinStream(redis.url, { atOnce: true, onNotice: (line) => notices.push(line) });
    await vi.waitFor(() => expect(notices).toEqual([expect.stringContaining('self-signed certificate')]), 5_000);

    const environment = { NODE_EXTRA_CA_CERTS: certFile };
    const reader = runWith(environment, program('reader.mjs'), sources, redis.url);
    runWith(environment, program('writer.mjs'), sources, redis.url, '50', '2');
    expect(wordNumbers(String(await reader.nextLine()))).toEqual(upTo(50));
  });
});
