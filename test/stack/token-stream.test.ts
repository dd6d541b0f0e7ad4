import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { connectTokenStream, type TokenStreamClient } from '../../src/streaming/socket-client.js';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { TokenLog } from '../../src/streaming/token-log.js';
import { compileSources, program } from './compiled.js';
import { kill, run } from './running.js';

const sources = compileSources();
const folder = mkdtempSync(join(tmpdir(), 'colloquy-hub-'));
afterAll(() => rmSync(folder, { recursive: true }));
const clients: TokenStreamClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

let socketCount = 0;
const newPath = (): string => join(folder, `${++socketCount}`, 'stream.sock');

async function startHub(path: string) {
  const hub = run(program('hub.mjs'), sources, path);
  await hub.nextLine();
  return hub;
}

function joinHub(path: string): TokenStreamClient {
  const client = connectTokenStream(path);
  clients.push(client);
  return client;
}

/** Reads the answer to its end, subscribing again where it was whenever the stream is lost. */
async function readThroughLosses(client: TokenStreamClient, onText: (text: string) => void = () => {}) {
  let text = '';
  let losses = -1;
  for (;;) {
    losses++;
    const options = { signal: new AbortController().signal, messageId: 'm', fromOffset: text.length };
    for await (const event of client.subscribe('s', options)) {
      if (event.type === 'text-delta') {
        text = text.slice(0, event.offset) + event.text;
        onText(event.text);
      }
      if (event.type === 'text-end') return { text, losses };
    }
  }
}

const wordNumbers = (text: string): number[] =>
  text.split(' ').flatMap((word) => (word === '' ? [] : [parseInt(word, 10)]));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('from one process through a second to a third, with little lag', async () => {
  const path = newPath();
  await startHub(path);
  const reader = joinHub(path);
  const lags: number[] = [];
  const reading = readThroughLosses(reader, (text) => {
    const now = performance.timeOrigin + performance.now();
    for (const match of text.matchAll(/@([\d.]+)/g)) lags.push(now - Number(match[1]));
  });
  run(program('writer.mjs'), sources, path, '500', '5');
  const { text, losses } = await reading;
  expect(wordNumbers(text)).toEqual(upTo(500));
  expect(losses).toBe(0);
  // Those written before the connection stood are the start of the process, not the stream.
  const settled = lags.slice(50).toSorted((a, b) => a - b);
  const at = (share: number): number => settled[Math.floor(settled.length * share)] ?? NaN;
  process.stdout.write(
    `lag over 3 processes: median ${at(0.5).toFixed(2)} ms, p95 ${at(0.95).toFixed(2)} ms, most ${at(0.999).toFixed(2)} ms\n`,
  );
  expect(at(0.5)).toBeLessThan(50);
});

test('a hub that is killed in the middle of an answer and started again: the reader misses nothing', async () => {
  const path = newPath();
  const first = await startHub(path);
  let read = '';
  const reading = readThroughLosses(joinHub(path), (text) => {
    read += text;
  });
  run(program('writer.mjs'), sources, path, '300', '10');
  await vi.waitFor(() => expect(wordNumbers(read).length).toBeGreaterThan(50), 10_000);
  await kill(first.child);
  // What it left behind must not keep the next one from serving.
  expect(statSync(path).isSocket()).toBe(true);
  await startHub(path);
  const { text, losses } = await reading;
  expect(wordNumbers(text)).toEqual(upTo(300));
  expect(losses).toBeGreaterThan(0);
}, 20_000);

test('a writer that is killed leaves its text; another one goes on from a little earlier', async () => {
  const path = newPath();
  const log = new TokenLog();
  const hub = await serveTokenStream(log, path);
  let read = '';
  const reading = readThroughLosses(joinHub(path), (text) => {
    read += text;
  });
  const writer = run(program('writer.mjs'), sources, path, '1000', '5');
  await vi.waitFor(() => expect(wordNumbers(read).length).toBeGreaterThan(20), 10_000);
  await kill(writer.child);
  const offset = read.indexOf('10@');
  const second = joinHub(path);
  second.publish('s', { type: 'text-start', messageId: 'm' });
  second.publish('s', { type: 'text-delta', messageId: 'm', offset, text: '10@0 11@0' });
  second.publish('s', { type: 'text-end', messageId: 'm', finishReason: 'stop' });
  expect(wordNumbers((await reading).text)).toEqual(upTo(12));
  await hub.close();
});

test('two hubs on one path: the second is refused, also across processes', async () => {
  const path = newPath();
  await startHub(path);
  await expect(serveTokenStream(new TokenLog(), path)).rejects.toThrow(/Another process serves the token stream/);
});
