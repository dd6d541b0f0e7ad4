import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { databaseSocketPath } from '../../src/local-socket.js';
import { createKnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import type { KnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { makeClusteredChunks } from './clustered-chunks.js';
import type { ClusteredChunks } from './clustered-chunks.js';

const PROGRAM = fileURLToPath(new URL('../../../bin/colloquy.js', import.meta.url));
const BASE = 'bench';
const MODEL = 'synthetic';
const DIMENSIONS = 384;
const CHUNKS_PER_DOCUMENT = 100;
const SPREAD = 1;

const split = (text: string): string[] => text.split(' ');

/** The embedded database as users have it, in a process of its own, with many chunks. */
export async function benchKnowledgeStore({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const count = quick ? 12_000 : 100_000;
  const queries = quick ? 40 : 200;
  const served = await serveDatabase();
  const database = connectDatabase({ socketPath: served.socketPath });
  const store = createKnowledgeStore(database, { documentTerms: split, queryTerms: split });
  try {
    await database.version();
    const memoryBefore = served.memoryMb();
    const chunks = makeClusteredChunks({ dimensions: DIMENSIONS, clusters: count / 100, spread: SPREAD });
    onNotice(`loading ${count} chunks`);
    const loadSince = performance.now();
    await load(store, chunks, count, onNotice, signal);
    const loadSeconds = (performance.now() - loadSince) / 1_000;
    onNotice('building the index');
    const indexSince = performance.now();
    await store.prepareIndex(BASE);
    const indexSeconds = (performance.now() - indexSince) / 1_000;
    await database.use((kysely) => sql`vacuum (analyze)`.execute(kysely));
    onNotice('searching');
    const asked = Array.from({ length: queries }, () => chunks.query());
    const processorBefore = served.processorSeconds();
    const times = { hybrid: [] as number[], lexical: [] as number[], vector: [] as number[] };
    for (const { text, vector } of asked) {
      if (signal.aborted) return [];
      for (const kind of ['hybrid', 'lexical', 'vector'] as const) {
        const since = performance.now();
        await store.search(
          {
            query: text,
            knowledgeBases: [BASE],
            stages: kind === 'hybrid' ? ['lexical', 'vector'] : [kind],
          },
          { modelId: MODEL, vector },
        );
        times[kind].push(performance.now() - since);
      }
    }
    const processorMs = ((served.processorSeconds() - processorBefore) * 1_000) / queries;
    onNotice('comparing with exact search');
    const { recall, exactMs } = await compareWithExact(database, store, asked.slice(0, quick ? 20 : 100));
    const info = await store.describeKnowledgeBase(BASE);
    const many = `${count} chunks of ${DIMENSIONS} dimensions`;
    return [
      benchRow(
        { id: '6.2', what: `hybrid search, median, ${many}`, value: median(times.hybrid), unit: 'ms' },
        { of: 'value', atMost: 60 },
      ),
      row('hybrid search, 95th of 100', percentile(times.hybrid, 0.95), 'ms'),
      row('lexical alone, median', median(times.lexical), 'ms'),
      row('vectors alone, median', median(times.vector), 'ms'),
      // Hybrid, lexical and vector once each: about what two hybrid searches take.
      row('processor time of the database, for one search of each kind', processorMs, 'ms'),
      row('vectors compared one by one, median', exactMs, 'ms'),
      benchRow(
        { id: '6.2', what: 'recall@10 of the index against exact search', value: recall, unit: '' },
        { of: 'value', atLeast: 0.95 },
      ),
      benchRow(
        { id: '6.2', what: 'chunks lost or doubled', value: Math.abs(info.chunks - count), unit: '' },
        { of: 'value', atMost: 0 },
      ),
      row('loading', count / loadSeconds, 'chunk/s'),
      row('building the index', indexSeconds, 's'),
      row('memory of the database before', memoryBefore, 'MB'),
      row('memory of the database after', served.memoryMb(), 'MB'),
      row('size on disk', await sizeMb(database), 'MB'),
    ];
  } finally {
    await database.close();
    await served.stop();
  }
}

async function load(
  store: KnowledgeStore,
  chunks: ClusteredChunks,
  count: number,
  onNotice: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await store.createKnowledgeBase({ name: BASE, embeddingModelId: MODEL, dimensions: DIMENSIONS });
  for (let first = 0; first < count && !signal.aborted; first += CHUNKS_PER_DOCUMENT) {
    const document = { uri: `file:///${first}`, contentHash: '1', title: '', mediaType: 'text/plain', metadata: {} };
    await store.beginDocument(BASE, document);
    const batch = Array.from({ length: CHUNKS_PER_DOCUMENT }, (_, index) => chunks.chunk(index));
    await store.stageChunks(BASE, document, batch);
    await store.publishDocument(BASE, document, batch.length);
    if (first % 10_000 === 0) onNotice(`${first} loaded`);
  }
}

async function compareWithExact(
  database: Database,
  store: KnowledgeStore,
  asked: readonly { readonly vector: readonly number[] }[],
): Promise<{ recall: number; exactMs: number }> {
  let found = 0;
  const times: number[] = [];
  for (const { vector } of asked) {
    const { hits } = await store.search(
      { query: 'x', knowledgeBases: [BASE], stages: ['vector'] },
      { modelId: MODEL, vector },
    );
    const keys = new Set(hits.map(({ document, chunk }) => `${document.uri} ${chunk.index}`));
    const since = performance.now();
    const { rows } = await database.use((kysely) =>
      sql<{ uri: string; chunk: number }>`
        with compared as materialized (
          select document, chunk, embedding <#> ${`[${vector.join()}]`}::vector as distance from colloquy.vectors_1
        ), nearest as (select * from compared order by distance limit 10)
        select uri, chunk from nearest join colloquy.documents on id = document`.execute(kysely),
    );
    times.push(performance.now() - since);
    found += rows.filter(({ uri, chunk }) => keys.has(`${uri} ${chunk}`)).length;
  }
  return { recall: found / (10 * asked.length), exactMs: median(times) };
}

async function sizeMb(database: Database): Promise<number> {
  const { rows } = await database.use((kysely) =>
    sql<{ bytes: string }>`select pg_database_size(current_database()) as bytes`.execute(kysely),
  );
  return Number(rows[0]?.bytes) / 1e6;
}

/** A figure that is there to be read only. */
function row(what: string, value: number, unit: string): BenchRow {
  return benchRow({ id: '-', what, value, unit });
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

interface ServedDatabase {
  readonly socketPath: string;
  /** Resident, where the system tells. */
  memoryMb(): number;
  /** Since it started, where the system tells: what a busy machine does not change. */
  processorSeconds(): number;
  stop(): Promise<void>;
}

async function serveDatabase(): Promise<ServedDatabase> {
  const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  const child = spawn(process.execPath, [PROGRAM, 'database'], {
    env: { ...process.env, COLLOQUY_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      if (data.toString().includes('The database is served')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the database ended: ${code}`)));
  });
  return {
    socketPath: databaseSocketPath(home),
    memoryMb() {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        return Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1e3;
      } catch {
        return Number.NaN;
      }
    },
    processorSeconds() {
      try {
        // source: proc_pid_stat(5): utime and stime are the 14th and 15th field, in hundredths of a second.
        const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return (Number(fields[11]) + Number(fields[12])) / 100;
      } catch {
        return Number.NaN;
      }
    },
    async stop() {
      const ended = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
