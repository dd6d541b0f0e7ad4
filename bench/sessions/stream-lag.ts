import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openTokenStream } from '../../src/streaming/open-token-stream.js';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { TokenLog } from '../../src/streaming/token-log.js';
import type { TokenSubscriber } from '../../src/streaming/token-stream.js';
import { findRedis, NO_REDIS, startRedis } from '../../test/support/redis-server.js';
import { benchRow } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { writeAnswer } from './stream-writer.js';

const SESSION = 'bench';
/** A fast model on a machine of its own. */
const EVERY_MS = 10;

/** How long a piece of text is on its way from `publish` to a reader: in one process, and to another by each way there is. */
export async function benchStreamLag({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const pieces = quick ? 100 : 1_000;
  const rows: BenchRow[] = [];
  if (signal.aborted) return rows;

  onNotice('lag of live text in one process');
  const log = new TokenLog();
  const inProcess = readLags(log, signal);
  await writeAnswer(log, { sessionId: SESSION, pieces, everyMs: EVERY_MS });
  rows.push(...lagRows('in one process', await inProcess, { atMostMs: 5 }));
  if (signal.aborted) return rows;

  onNotice('lag of live text over the socket, across processes');
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
  const path = join(folder, 'stream.sock');
  const hub = await serveTokenStream(new TokenLog(), path);
  try {
    rows.push(
      ...lagRows('over the socket, across processes', await lagsFromWriter({ path, pieces, onNotice, signal })),
    );
  } finally {
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (signal.aborted) return rows;

  const given = process.env.COLLOQUY_REDIS_URL;
  if (given === undefined && findRedis() === undefined) {
    onNotice(`lag through Redis is not measured: ${NO_REDIS}, or set COLLOQUY_REDIS_URL`);
    return rows;
  }
  onNotice('lag of live text through Redis, across processes');
  const redis = given === undefined ? await startRedis() : undefined;
  try {
    const redisUrl = given ?? redis?.url;
    const lags = await lagsFromWriter({ path, redisUrl, pieces, onNotice, signal });
    rows.push(...lagRows('through Redis, across processes', lags, { atMostMs: 15 }));
  } finally {
    await redis?.kill();
  }
  return rows;
}

function lagRows(how: string, lags: readonly number[], target?: { readonly atMostMs: number }): BenchRow[] {
  // The first ones pay for connecting and for code that was never run before.
  const sorted = lags.slice(Math.min(50, lags.length >> 1)).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const row = { what: `lag of live text ${how}, median of ${sorted.length}`, value: at(0.5), unit: 'ms' };
  return [
    target === undefined
      ? benchRow({ id: '-', ...row })
      : benchRow({ id: 'stream-lag', ...row }, { of: 'value', atMost: target.atMostMs }),
    benchRow({ id: '-', what: `lag of live text ${how}, 95th percentile`, value: at(0.95), unit: 'ms' }),
  ];
}

/** Lags of what a process of its own writes, in ms: both ends are on one clock. */
async function lagsFromWriter(options: {
  readonly path: string;
  readonly redisUrl?: string;
  readonly pieces: number;
  readonly onNotice: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<number[]> {
  const { path, redisUrl, pieces, onNotice, signal } = options;
  const namespace = 'bench';
  const reader = await openTokenStream({ redisUrl, namespace, socketPath: path, onNotice });
  const stop = new AbortController();
  try {
    const reading = readLags(reader, AbortSignal.any([signal, stop.signal]));
    await sleep(200);
    const program = fileURLToPath(new URL('./stream-writer.js', import.meta.url));
    const settings = { redisUrl, namespace, socketPath: path, sessionId: SESSION, pieces, everyMs: EVERY_MS };
    const env = { ...process.env, STREAM_WRITER: JSON.stringify(settings) };
    const writer = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'inherit'], signal });
    writer.once('error', () => stop.abort());
    writer.once('exit', (code) => code !== 0 && stop.abort());
    const lags = await reading;
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    if (lags.length === 0 && !signal.aborted) throw new Error('no live text came from the writer');
    return lags;
  } finally {
    stop.abort();
    await reader.close();
  }
}

/** Of each piece, from its publication to here, until the end of the answer. */
async function readLags(stream: TokenSubscriber, signal: AbortSignal): Promise<number[]> {
  const lags: number[] = [];
  for await (const event of stream.subscribe(SESSION, { signal })) {
    if (event.type === 'text-end') break;
    if (event.type !== 'text-delta') continue;
    const now = performance.timeOrigin + performance.now();
    for (const [, writtenAt] of event.text.matchAll(/@([\d.]+) /gu)) lags.push(now - Number(writtenAt));
  }
  return lags;
}
