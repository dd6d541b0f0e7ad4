import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import type { KnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { BENCH_BASE, CHUNKS_PER_DOCUMENT, benchTerms, makeBenchChunks } from './bench-base.js';
import { serveDatabase } from './served-database.js';
import type { ServedDatabase } from './served-database.js';

const { name, embeddingModelId: modelId } = BENCH_BASE;

/** The embedded database as users have it, with many chunks, loaded while processes are killed. */
export async function benchKnowledgeStore({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const count = quick ? 12_000 : 100_000;
  const served = await serveDatabase();
  const database = connectDatabase({ socketPath: served.socketPath }, { connectTimeoutMs: 60_000 });
  const store = createKnowledgeStore(database, benchTerms);
  try {
    await database.version();
    const memoryBefore = served.memoryMb();
    onNotice(`loading ${count} chunks`);
    const loadSeconds = await timed(() => loadWithKills(served, count, onNotice, signal));
    if (signal.aborted) return [];
    const wrong = await countWrong(database, count);
    const memoryLoaded = served.memoryMb();
    onNotice('building the index');
    const processorBefore = served.processorSeconds();
    const indexSeconds = await timed(() => store.prepareIndex(name));
    const indexProcessorSeconds = served.processorSeconds() - processorBefore;
    await database.use((kysely) => sql`vacuum (analyze)`.execute(kysely));
    onNotice('searching');
    const made = makeBenchChunks(count);
    const asked = Array.from({ length: quick ? 40 : 200 }, (_, index) => made.query(index));
    const hybrid = await measure(store, served, asked, ['lexical', 'vector']);
    const lexical = await measure(store, served, asked, ['lexical']);
    const vector = await measure(store, served, asked, ['vector']);
    onNotice('comparing with exact search');
    const { recall, exactMs } = await compareWithExact(database, store, asked.slice(0, quick ? 20 : 100));
    const bytesPerChunk = (await sizeBytes(database)) / count;
    const what = `${count} chunks of ${BENCH_BASE.dimensions} dimensions`;
    return [
      benchRow(
        { id: 'large-base', what: `hybrid search of ${what}, median`, value: hybrid.medianMs, unit: 'ms' },
        { of: 'value', atMost: 60 },
      ),
      row('hybrid search, 95th of 100', hybrid.slowMs, 'ms'),
      row('hybrid search, processor time of database and caller, mean', hybrid.processorMs, 'ms'),
      row('by words alone, median', lexical.medianMs, 'ms'),
      row('by words alone, processor time of both, mean', lexical.processorMs, 'ms'),
      row('by vectors alone, median', vector.medianMs, 'ms'),
      row('by vectors alone, processor time of both, mean', vector.processorMs, 'ms'),
      row('by vectors compared one by one, median', exactMs, 'ms'),
      benchRow(
        { id: 'large-base', what: 'recall@10 of the index against exact search', value: recall, unit: 'of 1' },
        { of: 'value', atLeast: 0.95 },
      ),
      benchRow(
        { id: 'large-base', what: 'chunks lost or doubled, loader and database killed', value: wrong, unit: 'chunks' },
        { of: 'value', atMost: 0 },
      ),
      row('loading, kills included', count / loadSeconds, 'chunk/s'),
      row('building the index', indexSeconds, 's'),
      row('building the index, processor time of the database', indexProcessorSeconds, 's'),
      row('memory of the database, empty', memoryBefore, 'MB'),
      row('memory of the database, loaded', memoryLoaded, 'MB'),
      row('memory of the database, index built', served.memoryMb(), 'MB'),
      row('on disk, for each chunk', bytesPerChunk / 1e3, 'kB'),
    ];
  } finally {
    await database.close();
    await served.stop();
  }
}

const LOADER = fileURLToPath(new URL('./load-chunks.js', import.meta.url));

/** The loader is killed at a third, the database at two; the next loader goes on. */
async function loadWithKills(
  served: ServedDatabase,
  count: number,
  onNotice: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const documents = count / CHUNKS_PER_DOCUMENT;
  const kills = [Math.floor(documents / 3), Math.floor((2 * documents) / 3)];
  for (let attempt = 1, isDone = false; !isDone && !signal.aborted; attempt++) {
    if (attempt > 5) throw new Error('loading does not come to an end');
    let crashing: Promise<void> | undefined;
    const child = spawn(process.execPath, [LOADER, served.socketPath, String(count)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
    });
    child.on('error', () => {});
    child.stdout.on('data', (data: Buffer) => {
      const published = Number(data.toString().trim().split('\n').at(-1));
      if (published < (kills[0] ?? Infinity)) return;
      const isFirst = kills.shift() === Math.floor(documents / 3);
      onNotice(`${published} documents loaded: SIGKILL to ${isFirst ? 'the loader' : 'the database'}`);
      if (isFirst) child.kill('SIGKILL');
      else crashing = served.crash();
    });
    isDone = await new Promise<boolean>((resolve) => {
      child.once('close', (code) => resolve(code === 0));
    });
    await crashing;
  }
  if (!signal.aborted && kills.length > 0) throw new Error('loading ended before it was killed');
}

/** Chunks that are too many or too few, of each document, in each table, and by the counters. */
async function countWrong(database: Database, count: number): Promise<number> {
  const { rows } = await database.use((kysely) =>
    sql<{ documents: number; wrong: number }>`
      with counted as (
        select id,
          (select count(*) from colloquy.chunks_1 where document = id) as chunks,
          (select count(*) from colloquy.vectors_1 where document = id) as vectors,
          (select count(distinct substring(entries from place for 3))
            from colloquy.postings_1, generate_series(1, octet_length(entries), 6) as place where document = id) as indexed
        from colloquy.documents where is_published
      )
      select count(*)::integer as documents, coalesce(sum(
        abs(chunks - ${CHUNKS_PER_DOCUMENT}) + abs(vectors - ${CHUNKS_PER_DOCUMENT}) + abs(indexed - ${CHUNKS_PER_DOCUMENT})
      ), 0)::integer + abs((select sum(chunks) from colloquy.knowledge_bases) - ${count})::integer as wrong from counted`.execute(
      kysely,
    ),
  );
  const { documents = 0, wrong = count } = rows[0] ?? {};
  return wrong + Math.abs(documents * CHUNKS_PER_DOCUMENT - count);
}

type Query = ReturnType<ReturnType<typeof makeBenchChunks>['query']>;

async function measure(
  store: KnowledgeStore,
  served: ServedDatabase,
  asked: readonly Query[],
  stages: readonly ('lexical' | 'vector')[],
): Promise<{ medianMs: number; slowMs: number; processorMs: number }> {
  const times: number[] = [];
  const processorBefore = served.processorSeconds();
  const ownBefore = process.cpuUsage();
  for (const { text, vector } of asked) {
    const search = { query: text, knowledgeBases: [name], stages };
    times.push((await timed(() => store.search(search, { modelId, vector }))) * 1_000);
  }
  const own = process.cpuUsage(ownBefore);
  const ownMs = (own.user + own.system) / 1_000;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    medianMs: median(times),
    slowMs: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    processorMs: ((served.processorSeconds() - processorBefore) * 1_000 + ownMs) / asked.length,
  };
}

async function compareWithExact(
  database: Database,
  store: KnowledgeStore,
  asked: readonly Query[],
): Promise<{ recall: number; exactMs: number }> {
  let found = 0;
  const times: number[] = [];
  for (const { vector } of asked) {
    const search = { query: 'x', knowledgeBases: [name], stages: ['vector' as const] };
    const { hits } = await store.search(search, { modelId, vector });
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

async function sizeBytes(database: Database): Promise<number> {
  const { rows } = await database.use((kysely) =>
    sql<{ bytes: string }>`select pg_database_size(current_database()) as bytes`.execute(kysely),
  );
  return Number(rows[0]?.bytes);
}

/** A figure that is there to be read only. */
function row(what: string, value: number, unit: string): BenchRow {
  return benchRow({ id: '-', what, value, unit });
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await action();
  return (performance.now() - since) / 1_000;
}
