import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { connectTokenStream, type TokenStreamClient } from './socket-client.js';
import { streamSocketPath } from '../local-socket.js';
import { serveTokenStream, type TokenStreamServer } from './socket-server.js';
import { TokenLog } from './token-log.js';
import type { StreamEvent } from './token-stream.js';

const start: StreamEvent = { type: 'text-start', messageId: 'm' };
const delta = (offset: number, text: string): StreamEvent => ({ type: 'text-delta', messageId: 'm', offset, text });
const end: StreamEvent = { type: 'text-end', messageId: 'm', finishReason: 'stop' };

const folder = mkdtempSync(join(tmpdir(), 'colloquy-socket-'));
afterAll(() => rmSync(folder, { recursive: true }));
const opened: { close(): Promise<void> }[] = [];
let socketCount = 0;
const newPath = (): string => join(folder, `${++socketCount}`, 'stream.sock');

async function serve(log: TokenLog, path: string, onNotice?: (message: string) => void): Promise<TokenStreamServer> {
  const server = await serveTokenStream(log, path, { onNotice });
  opened.push(server);
  return server;
}

function joinHub(path: string, onNotice?: (message: string) => void): TokenStreamClient {
  const client = connectTokenStream(path, { onNotice });
  opened.push(client);
  return client;
}

afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

/** The answer `m` as a reader sees it, up to its end or the loss of the stream. */
async function readAnswer(
  client: { subscribe: TokenStreamClient['subscribe'] },
  sessionId: string,
  onEvent: (event: StreamEvent) => unknown = () => {},
): Promise<{ text: string; ended: boolean; events: number }> {
  let text = '';
  let events = 0;
  for await (const event of client.subscribe(sessionId, { signal: new AbortController().signal })) {
    events++;
    if (event.type === 'text-delta') text = text.slice(0, event.offset) + event.text;
    await onEvent(event);
    if (event.type === 'text-end') return { text, ended: true, events };
  }
  return { text, ended: false, events };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the token stream over a socket', () => {
  test('carries an answer from one client to another; the latecomer gets the beginning first', async () => {
    const path = newPath();
    await serve(new TokenLog(), path);
    const [writer, early, late] = [joinHub(path), joinHub(path), joinHub(path)];
    const earlyAnswer = readAnswer(early, 's');
    writer.publish('s', start);
    writer.publish('s', delta(0, 'Grüße, 世界 '));
    await pause(100);
    const lateAnswer = readAnswer(late, 's');
    await pause(100);
    // A character of two UTF-16 units, cut between them, as token boundaries may cut it.
    writer.publish('s', delta(10, '\ud83d'));
    writer.publish('s', delta(11, '\ude00\n'));
    writer.publish('s', end);
    for (const answer of [await earlyAnswer, await lateAnswer]) {
      expect(answer).toMatchObject({ text: 'Grüße, 世界 😀\n', ended: true });
    }
  });

  test('is open to this user only', async () => {
    const path = newPath();
    await serve(new TokenLog(), path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  });

  test('serves 50 subscribers, one of whom never reads, without delaying the writer or the others', async () => {
    const path = newPath();
    const log = new TokenLog();
    await serve(log, path);
    const stuck = connect(path);
    stuck.pause();
    stuck.write(`${JSON.stringify({ type: 'subscribe', subscription: 1, sessionId: 's' })}\n`);
    const readers = Array.from({ length: 10 }, () => joinHub(path));
    const answers = readers.flatMap((reader) => Array.from({ length: 5 }, () => readAnswer(reader, 's')));
    const slow = readAnswer(joinHub(path), 's', () => pause(20));
    const writer = joinHub(path);
    await pause(200);
    writer.publish('s', start);
    let written = '';
    let publishMs = 0;
    for (let i = 0; i < 1_000; i++) {
      const text = `${i} `.repeat(20);
      const before = performance.now();
      writer.publish('s', delta(written.length, text));
      publishMs += performance.now() - before;
      written += text;
      if (i % 10 === 0) await pause(1);
    }
    writer.publish('s', end);
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ text: written, ended: true });
    const slowAnswer = await slow;
    expect(slowAnswer).toMatchObject({ text: written, ended: true });
    expect(slowAnswer.events).toBeLessThan(500);
    // Half a millisecond each, on a busy machine; to wait for a reader would cost 20.
    expect(publishMs).toBeLessThan(500);
    stuck.destroy();
  });

  test('ends for subscribers when the hub goes; the writer goes on, and a new hub gets the text so far', async () => {
    const path = newPath();
    const notices: string[] = [];
    const first = await serve(new TokenLog(), path);
    const writer = joinHub(path, (message) => notices.push(message));
    const reader = joinHub(path);
    const cutOff = readAnswer(reader, 's');
    await pause(50);
    writer.publish('s', start);
    writer.publish('s', delta(0, 'Hello'));
    await pause(50);
    await first.close();
    expect(await cutOff).toEqual({ text: 'Hello', ended: false, events: 2 });
    writer.publish('s', delta(5, ' wor'));
    // A subscription while the hub is away waits for the next attempt, and ends when that fails.
    expect(await readAnswer(reader, 's')).toEqual({ text: '', ended: false, events: 0 });

    await serve(new TokenLog(), path);
    await vi.waitFor(() => expect(notices).toHaveLength(2), 5_000);
    writer.publish('s', delta(9, 'ld'));
    const third = joinHub(path);
    const rest = readAnswer(third, 's');
    await pause(100);
    writer.publish('s', end);
    expect(await rest).toMatchObject({ text: 'Hello world', ended: true });
    expect(notices[0]).toContain('No live text for now');
    expect(notices[1]).toContain('is back');
  });

  test('a writer without any hub neither throws nor waits, and says so once', async () => {
    const notices: string[] = [];
    const writer = joinHub(newPath(), (message) => notices.push(message));
    writer.publish('s', start);
    for (let i = 0; i < 10_000; i++) writer.publish('s', delta(i, 'x'));
    await pause(300);
    expect(notices).toHaveLength(1);
    const before = performance.now();
    await writer.close();
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('what was published is sent before a close', async () => {
    const path = newPath();
    await serve(new TokenLog(), path);
    const answer = readAnswer(joinHub(path), 's');
    await pause(50);
    const writer = connectTokenStream(path);
    for (const event of [start, delta(0, 'bye'), end]) writer.publish('s', event);
    await writer.close();
    expect(await answer).toMatchObject({ text: 'bye', ended: true });
  });

  test('a subscriber that aborts costs the hub nothing more', async () => {
    const path = newPath();
    const log = new TokenLog();
    await serve(log, path);
    const reader = joinHub(path);
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of reader.subscribe('s', { signal: controller.signal }));
    })();
    await vi.waitFor(() => expect(log).toMatchObject({ readers: new Map([['s', expect.anything()]]) }));
    controller.abort();
    await reading;
    await vi.waitFor(() => expect(log).toMatchObject({ readers: new Map() }));
  });
});

const request = (messageId: string): string =>
  `${JSON.stringify({ type: 'publish', sessionId: 's', event: { type: 'text-start', messageId } })}\n`;

async function sendRaw(path: string, ...chunks: (string | Buffer)[]): Promise<Socket> {
  const socket = connect(path);
  opened.push({
    close: async () => {
      socket.destroy();
    },
  });
  for (const chunk of chunks) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
    await pause(5);
  }
  return socket;
}

describe('a peer that misbehaves', () => {
  test('malformed lines are ignored with one notice; what comes after them counts', async () => {
    const path = newPath();
    const log = new TokenLog();
    const notices: string[] = [];
    await serve(log, path, (message) => notices.push(message));
    const answer = readAnswer(log, 's');
    const offset = -1;
    const bad = JSON.stringify({ type: 'publish', sessionId: 's', event: { ...delta(0, 'x'), offset } });
    await sendRaw(
      path,
      'not json\n',
      '\n',
      Buffer.from([0xff, 0xfe, 0x0a]),
      '{"type":"publish"}\nnull\n[]\n',
      `${bad}\n`,
    );
    const split = JSON.stringify({ type: 'publish', sessionId: 's', event: delta(0, 'ü') });
    const bytes = Buffer.from(`${split}\n`);
    // Cut in the middle of the two bytes of ü.
    const cut = bytes.indexOf(0xc3) + 1;
    await sendRaw(path, 'x\n', bytes.subarray(0, cut), bytes.subarray(cut));
    log.publish('s', end);
    expect(await answer).toMatchObject({ text: 'ü', ended: true });
    expect(notices).toHaveLength(2);
  });

  test('a line without end is cut off, and the next line is read', async () => {
    const path = newPath();
    const log = new TokenLog();
    const notices: string[] = [];
    await serve(log, path, (message) => notices.push(message));
    const controller = new AbortController();
    const events = log.subscribe('s', { signal: controller.signal })[Symbol.asyncIterator]();
    const megabyte = Buffer.alloc(1_048_576, 'x');
    await sendRaw(path, ...Array.from({ length: 10 }, () => megabyte), '\n', request('after'));
    expect((await events.next()).value).toMatchObject({ messageId: 'after' });
    expect(notices).toEqual([expect.stringContaining('too long')]);
    controller.abort();
  });

  test('a hub that talks nonsense, or hangs up at once, harms no client', async () => {
    const path = newPath();
    await (await serveTokenStream(new TokenLog(), path)).close();
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on('error', () => {});
      socket.end('nonsense\n');
    }).listen(path);
    opened.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    const notices: string[] = [];
    const client = joinHub(path, (message) => notices.push(message));
    await pause(1_000);
    expect(connections).toBeGreaterThan(1);
    // 0.1 + 0.2 + 0.4 … s: the wait grows although each connection succeeds.
    expect(connections).toBeLessThan(6);
    expect(notices.filter((notice) => notice.includes('not an event'))).toHaveLength(1);
    await client.close();
  });
});

describe('the path', () => {
  test('of a living hub is refused, of a dead one replaced', async () => {
    const path = newPath();
    await serve(new TokenLog(), path);
    await expect(serveTokenStream(new TokenLog(), path)).rejects.toThrow(/Another process serves/);
  });

  test('is in the data folder, or short and stable when that is too long', () => {
    expect(streamSocketPath('/data/colloquy')).toBe('/data/colloquy/run/stream.sock');
    const long = `/data/${'x'.repeat(100)}`;
    expect(Buffer.byteLength(streamSocketPath(long))).toBeLessThanOrEqual(100);
    expect(streamSocketPath(long)).toBe(streamSocketPath(`${long}/`));
    expect(streamSocketPath(long)).not.toBe(streamSocketPath(`${long}y`));
    // 45 characters of three bytes each.
    expect(Buffer.byteLength(streamSocketPath(`/${'文'.repeat(45)}`))).toBeLessThanOrEqual(100);
  });

  test.skipIf(process.getuid?.() !== 0)('in the folder of another user is refused by hub and client', async () => {
    const path = newPath();
    await (await serveTokenStream(new TokenLog(), path)).close();
    const { chownSync } = await import('node:fs');
    chownSync(join(path, '..'), 12_345, 12_345);
    chmodSync(join(path, '..'), 0o777);
    await expect(serveTokenStream(new TokenLog(), path)).rejects.toThrow(/belongs to user id 12345/);
    const notices: string[] = [];
    joinHub(path, (message) => notices.push(message));
    await vi.waitFor(() => expect(notices).toEqual([expect.stringContaining('belongs to user id 12345')]));
    rmSync(join(path, '..'), { recursive: true });
  });
});

test('lag from publish to subscriber over the socket is small', async () => {
  const path = newPath();
  await serve(new TokenLog(), path);
  const [writer, reader] = [joinHub(path), joinHub(path)];
  const sentAt: number[] = [];
  const lags: number[] = [];
  const answer = readAnswer(reader, 's', (event) => {
    if (event.type === 'text-delta') lags.push(performance.now() - (sentAt[event.offset] ?? Number.NaN));
  });
  await pause(100);
  writer.publish('s', start);
  for (let i = 0; i < 300; i++) {
    sentAt.push(performance.now());
    writer.publish('s', delta(i, 'x'));
    await pause(5);
  }
  writer.publish('s', end);
  await answer;
  lags.sort((a, b) => a - b);
  const [median, p95] = [lags[Math.floor(lags.length / 2)], lags[Math.floor(lags.length * 0.95)]];
  process.stdout.write(
    `lag over the socket: median ${median?.toFixed(2)} ms, p95 ${p95?.toFixed(2)} ms, ${lags.length} deltas\n`,
  );
  expect(lags.length).toBeGreaterThan(250);
  expect(median).toBeLessThan(20);
});
