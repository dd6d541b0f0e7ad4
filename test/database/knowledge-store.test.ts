import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTranscriptArchive } from '../../src/archive/transcript-archive.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import type { KnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import type { QueryEmbedding } from '../../src/retrieval/store/knowledge-store.js';
import { EXACT_CHUNKS } from '../../src/retrieval/store/vector-index.js';
import { createProgramHome } from '../support/program-home.js';
import { NO_POSTGRES, findPostgres, startPostgres } from '../support/postgres-server.js';
import { addDocument, sampleChunk, sampleDocument, unitVector } from '../support/sample-chunks.js';
import { sampleTerms } from '../support/sample-terms.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import { startEmbedded, startServer } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

const hasServer = findPostgres() !== undefined;
if (!hasServer && process.env.CI !== undefined) throw new Error(NO_POSTGRES);

describe('the knowledge store on the embedded database', () => {
  suite(startEmbedded);
});

describe.skipIf(!hasServer)(`the knowledge store on a PostgreSQL server${hasServer ? '' : `: ${NO_POSTGRES}`}`, () => {
  suite(startServer);

  test.skipIf(findPostgres()?.root === undefined)(
    'a server without pgvector keeps transcripts, and one line says what to install',
    async () => {
      const { folder = '', root = '' } = findPostgres() ?? {};
      const copy = mkdtempSync(join(tmpdir(), 'colloquy-no-pgvector-'));
      cpSync(root, copy, { recursive: true });
      // The server, which may run as another user, is copied from there with its rights.
      chmodSync(copy, 0o755);
      const bare = join(copy, relative(root, folder));
      rmSync(join(bare, 'share', 'postgresql', 'extension', 'vector.control'));
      const { temporalPort: port } = await createProgramHome({ artefacts: 'none' });
      const server = await startPostgres({ folder: bare, root: copy }, port);
      const database = connectDatabase({ url: server.url });
      try {
        expect(await createTranscriptArchive(database).countTurns('any')).toBe(0);
        const store = createKnowledgeStore(database, sampleTerms);
        await expect(store.listKnowledgeBases()).rejects.toMatchObject({
          type: 'Database.ExtensionMissing',
          message: expect.stringMatching(/has no pgvector\. Install it there .* then run: create extension vector;/u),
        });
        expect(await createTranscriptArchive(database).countTurns('any')).toBe(0);
      } finally {
        await database.close();
        await server.stop();
        rmSync(copy, { recursive: true, force: true });
      }
    },
  );

  test('without the right to create the extension, one line says what a superuser must run', async () => {
    const running = await startServer();
    const owner = connectDatabase(running.address);
    const url = new URL(running.url);
    await owner.use(async (kysely) => {
      await sql`create role reader login password 'secret'`.execute(kysely);
      await sql`grant usage, create on schema colloquy to reader`.execute(kysely);
      await sql`grant all on all tables in schema colloquy to reader`.execute(kysely);
      await sql`revoke create on database postgres from public`.execute(kysely);
      await sql`grant create on database postgres to reader`.execute(kysely);
    });
    url.username = 'reader';
    url.password = 'secret';
    const database = connectDatabase({ url: url.href });
    const store = createKnowledgeStore(database, sampleTerms);
    try {
      // The archive needs none of it, before and after.
      expect(await countMigrations(database)).toBe(1);
      await expect(store.listKnowledgeBases()).rejects.toMatchObject({
        type: 'Database.ExtensionMissing',
        message: expect.stringMatching(/superuser run there: create extension vector;/u),
      });
      expect(await countMigrations(database)).toBe(1);
      await owner.use((kysely) => sql`create extension vector`.execute(kysely));
      expect(await store.listKnowledgeBases()).toEqual([]);
    } finally {
      await database.close();
      await owner.close();
      await running.stop();
    }
  });
});

async function countMigrations(database: Database): Promise<number> {
  const { rows } = await database.use((kysely) =>
    sql<{ count: number }>`select count(*)::integer as count from colloquy.migrations`.execute(kysely),
  );
  return rows[0]?.count ?? -1;
}

const MODEL = 'model-a';
const embedded = (place: number): QueryEmbedding => ({ modelId: MODEL, vector: unitVector(place) });

function suite(start: () => Promise<TestDatabase>): void {
  let running: TestDatabase;
  let database: Database;
  let store: KnowledgeStore;
  beforeAll(async () => {
    running = await start();
    database = connectDatabase(running.address);
    store = createKnowledgeStore(database, sampleTerms);
  });
  afterAll(async () => {
    await database.close();
    await running.stop();
  });

  const newBase = async (dimensions = 8): Promise<string> => {
    const name = `kb-${randomUUID()}`;
    await store.createKnowledgeBase({ name, embeddingModelId: MODEL, dimensions });
    return name;
  };
  /** What is in the tables, counted apart from the counters. */
  const rowsOf = async (
    name: string,
  ): Promise<{ chunks: number; vectors: number; postings: number; distinct: number; documents: number }> =>
    database.use(async (kysely) => {
      const found = await sql<{ id: number }>`select id from colloquy.knowledge_bases where name = ${name}`.execute(
        kysely,
      );
      const id = sql.raw(String(found.rows[0]?.id));
      const { rows } = await sql<{
        chunks: number;
        vectors: number;
        postings: number;
        distinct: number;
        documents: number;
      }>`
        select (select count(*) from colloquy.chunks_${id})::integer as chunks,
          (select count(*) from colloquy.vectors_${id})::integer as vectors,
          (select coalesce(sum(octet_length(entries)), 0) / 6 from colloquy.postings_${id})::integer as postings,
          (select count(*) from (
            select distinct term, document, substring(entries from place for 3)
            from colloquy.postings_${id}, generate_series(1, octet_length(entries), 6) as place
          ) as one)::integer as distinct,
          (select count(*) from colloquy.documents where knowledge_base = ${id})::integer as documents`.execute(kysely);
      if (rows[0] === undefined) throw new Error('no rows');
      return rows[0];
    });
  const uris = async (name: string, query: string, rest: object = {}): Promise<string[]> =>
    (await store.search({ query, knowledgeBases: [name], ...rest })).hits.map(({ document }) => document.uri);

  describe('knowledge bases', () => {
    test('are made once, also by many at once, described, listed by name, and deleted with all they hold', async () => {
      const name = `a-${randomUUID()}`;
      const given = {
        name,
        embeddingModelId: MODEL,
        dimensions: 8,
        settings: { chunkTokens: 300, note: 'a\0b\uD800' },
      };
      const made = await Promise.all(Array.from({ length: 6 }, () => store.createKnowledgeBase(given)));
      expect(made.filter(({ created }) => created)).toHaveLength(1);
      const info = await store.describeKnowledgeBase(name);
      expect(info).toMatchObject({ ...given, documents: 0, chunks: 0 });
      expect((await store.listKnowledgeBases()).find((each) => each.name === name)).toEqual(info);
      await addDocument(store, name, sampleDocument('file:///a', '1'), [sampleChunk(0, 'some text')]);
      expect(await store.deleteKnowledgeBase(name)).toEqual({ deleted: true });
      expect(await store.deleteKnowledgeBase(name)).toEqual({ deleted: false });
      await expect(store.describeKnowledgeBase(name)).rejects.toMatchObject({ type: 'Retrieval.NotFound' });
      await expect(store.listDocuments(name)).rejects.toMatchObject({ type: 'Retrieval.NotFound' });
      const { rows } = await database.use((kysely) =>
        sql`select (select count(*) from pg_tables where tablename like 'chunks\\_%') as tables,
          (select count(*) from colloquy.knowledge_bases) as bases`.execute(kysely),
      );
      expect(rows).toEqual([{ tables: expect.anything(), bases: (rows[0] as { tables: string }).tables }]);
    });

    test.each(['', 'Upper', '1a', 'a_b', 'a'.repeat(65), 'a\0', `a'; drop table colloquy.documents; --`, 'ä', 'a\n'])(
      'a name that is none (%j) is refused by each method',
      async (name) => {
        const refusal = { type: 'InvalidRequest' };
        const given = { name, embeddingModelId: MODEL, dimensions: 8 };
        await expect(store.createKnowledgeBase(given)).rejects.toMatchObject(refusal);
        await expect(store.describeKnowledgeBase(name)).rejects.toMatchObject(refusal);
        await expect(store.deleteKnowledgeBase(name)).rejects.toMatchObject(refusal);
        await expect(store.search({ query: 'x', knowledgeBases: [name] })).rejects.toMatchObject(refusal);
        await expect(store.findDocument(name, 'x')).rejects.toMatchObject(refusal);
      },
    );

    test('another model, and other dimensions, are refused wherever they come', async () => {
      const name = await newBase();
      const mismatch = { type: 'Retrieval.ModelMismatch' };
      await expect(store.createKnowledgeBase({ name, embeddingModelId: 'b', dimensions: 8 })).rejects.toMatchObject(
        mismatch,
      );
      await expect(store.createKnowledgeBase({ name, embeddingModelId: MODEL, dimensions: 9 })).rejects.toMatchObject(
        mismatch,
      );
      expect(await store.createKnowledgeBase({ name, embeddingModelId: MODEL, dimensions: 8 })).toEqual({
        created: false,
      });
      const document = sampleDocument('file:///a', '1');
      await store.beginDocument(name, document);
      const short = [sampleChunk(0, 'fits'), sampleChunk(1, 'does not', [1, 2])];
      await expect(store.stageChunks(name, document, short)).rejects.toMatchObject(mismatch);
      expect((await rowsOf(name)).chunks).toBe(0);
      const search = (queryEmbedding: QueryEmbedding): Promise<unknown> =>
        store.search({ query: 'x', knowledgeBases: [name] }, queryEmbedding);
      await expect(search({ modelId: MODEL, vector: [1] })).rejects.toMatchObject(mismatch);
      await expect(search({ modelId: 'b', vector: unitVector(0) })).rejects.toMatchObject(mismatch);
    });

    test.each([1.5, -1, 2_001, Number.NaN])('embeddings of %d dimensions are refused', async (dimensions) => {
      await expect(store.createKnowledgeBase({ name: 'x', embeddingModelId: MODEL, dimensions })).rejects.toMatchObject(
        {
          type: 'InvalidRequest',
        },
      );
    });
  });

  describe('documents', () => {
    test('are seen when they are published, whole, and not before', async () => {
      const name = await newBase();
      const document = sampleDocument('file:///a', '1', { metadata: { lang: 'en' } });
      expect(await store.beginDocument(name, document)).toEqual({ state: 'staging', nextChunk: 0 });
      const chunks = [0, 1, 2].map((index) => ({
        ...sampleChunk(index, `alpha beta ${index}`),
        headings: ['One', 'Two'],
        page: 3,
      }));
      expect(await store.stageChunks(name, document, chunks.slice(0, 2))).toEqual({ added: 2 });
      expect(await uris(name, 'alpha')).toEqual([]);
      expect((await store.search({ query: 'alpha', knowledgeBases: [name] }, embedded(0))).hits).toEqual([]);
      expect(await store.listDocuments(name)).toEqual([]);
      await expect(store.publishDocument(name, document, 3)).rejects.toMatchObject({ type: 'Retrieval.Incomplete' });
      expect(await store.beginDocument(name, document)).toEqual({ state: 'staging', nextChunk: 2 });
      expect(await store.stageChunks(name, document, chunks.slice(1))).toEqual({ added: 1 });
      expect(await store.publishDocument(name, document, 3)).toEqual({ replaced: false });
      const { hits } = await store.search({ query: 'alpha 2 two', knowledgeBases: [name] }, embedded(2));
      const { embedding: _, ...chunk } = { ...chunks[2] };
      expect(hits[0]).toEqual({
        knowledgeBase: name,
        document: { uri: document.uri, title: document.title, mediaType: 'text/plain', metadata: { lang: 'en' } },
        chunk,
        stages: { lexical: { rank: 1, score: expect.any(Number) }, vector: { rank: 1, score: 1 } },
        score: 2 / 21,
      });
      expect(await store.findDocument(name, document.uri)).toMatchObject({ ...document, chunks: 3 });
      expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents: 1, chunks: 3 });
    });

    test('the same again is nothing; changed metadata are taken; another content replaces all of the former', async () => {
      const name = await newBase();
      const first = sampleDocument('file:///a', '1');
      await addDocument(
        store,
        name,
        first,
        [0, 1, 2].map((index) => sampleChunk(index, `former ${index}`)),
      );
      const before = await rowsOf(name);
      expect(await store.beginDocument(name, { ...first, metadata: { a: 'b' } })).toEqual({ state: 'unchanged' });
      expect(await store.stageChunks(name, first, [sampleChunk(0, 'late')])).toEqual({ added: 0 });
      expect(await store.publishDocument(name, first, 3)).toEqual({ replaced: false });
      expect(await rowsOf(name)).toEqual(before);
      expect(await uris(name, 'former', { metadata: { a: 'b' } })).toHaveLength(3);
      const second = sampleDocument('file:///a', '2');
      await store.beginDocument(name, second);
      await store.stageChunks(name, second, [sampleChunk(0, 'latter')]);
      expect(await uris(name, 'former')).toHaveLength(3);
      expect(await store.publishDocument(name, second, 1)).toEqual({ replaced: true });
      expect(await uris(name, 'former')).toEqual([]);
      expect(await uris(name, 'latter')).toHaveLength(1);
      expect(await rowsOf(name)).toEqual({ chunks: 1, vectors: 1, postings: 1, distinct: 1, documents: 1 });
      expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents: 1, chunks: 1 });
      // And back.
      await addDocument(store, name, first, [sampleChunk(0, 'former')]);
      expect(await uris(name, 'former latter')).toHaveLength(1);
    });

    test('what earlier readers have read is read again, from its beginning; what they have staged is not gone on with', async () => {
      const name = await newBase();
      const before = sampleDocument('file:///a', '1');
      const [second, third] = [2, 3].map((reader) => sampleDocument('file:///a', '1', { reader }));
      if (second === undefined || third === undefined) throw new Error('unreachable');
      await addDocument(store, name, before, [sampleChunk(0, 'former one'), sampleChunk(1, 'former two')]);
      expect(await store.beginDocument(name, { ...before, reader: 1 })).toEqual({ state: 'unchanged' });
      // An ingestion that was broken off, before readers changed once more.
      expect(await store.beginDocument(name, second)).toEqual({ state: 'staging', nextChunk: 0 });
      await store.stageChunks(name, second, [sampleChunk(0, 'between')]);
      expect(await store.beginDocument(name, second)).toEqual({ state: 'staging', nextChunk: 1 });
      expect(await store.beginDocument(name, third)).toEqual({ state: 'staging', nextChunk: 0 });
      expect(await uris(name, 'former')).toHaveLength(2);
      await store.stageChunks(name, third, [sampleChunk(0, 'latter')]);
      expect(await store.publishDocument(name, third, 1)).toEqual({ replaced: true });
      expect(await uris(name, 'former between')).toEqual([]);
      expect(await uris(name, 'latter')).toEqual(['file:///a']);
      expect(await store.findDocument(name, 'file:///a')).toMatchObject({ reader: 3, chunks: 1 });
      expect(await store.beginDocument(name, third)).toEqual({ state: 'unchanged' });
      expect(await rowsOf(name)).toEqual({ chunks: 1, vectors: 1, postings: 1, distinct: 1, documents: 1 });
    });

    test('one that is removed is gone with what is staged of it, and no other is', async () => {
      const name = await newBase();
      await addDocument(store, name, sampleDocument('file:///a', '1'), [sampleChunk(0, 'one')]);
      await addDocument(store, name, sampleDocument('file:///b', '1'), [sampleChunk(0, 'one')]);
      await store.beginDocument(name, sampleDocument('file:///a', '2'));
      await store.stageChunks(name, sampleDocument('file:///a', '2'), [sampleChunk(0, 'one')]);
      expect(await store.removeDocument(name, 'file:///a')).toEqual({ removed: true });
      expect(await store.removeDocument(name, 'file:///a')).toEqual({ removed: false });
      expect(await uris(name, 'one')).toEqual(['file:///b']);
      expect(await rowsOf(name)).toEqual({ chunks: 1, vectors: 1, postings: 1, distinct: 1, documents: 1 });
      await expect(store.stageChunks(name, sampleDocument('file:///a', '2'), [])).rejects.toMatchObject({
        type: 'Retrieval.Superseded',
      });
      await expect(store.publishDocument(name, sampleDocument('file:///a', '2'), 1)).rejects.toMatchObject({
        type: 'Retrieval.Superseded',
      });
    });

    test('abandoned versions are removed, those under way are not', async () => {
      const name = await newBase();
      await addDocument(store, name, sampleDocument('file:///a', '1'), [sampleChunk(0, 'kept')]);
      await store.beginDocument(name, sampleDocument('file:///a', '2'));
      await store.stageChunks(name, sampleDocument('file:///a', '2'), [sampleChunk(0, 'staged')]);
      expect(await store.removeAbandoned(name)).toEqual({ removed: 0 });
      expect(await store.removeAbandoned(name, { idleMs: 0 })).toEqual({ removed: 1 });
      expect(await rowsOf(name)).toEqual({ chunks: 1, vectors: 1, postings: 1, distinct: 1, documents: 1 });
    });

    test('one without any text is kept, so that it is not read again', async () => {
      const name = await newBase();
      await addDocument(store, name, sampleDocument('file:///empty', '1'), []);
      expect(await store.beginDocument(name, sampleDocument('file:///empty', '1'))).toEqual({ state: 'unchanged' });
      expect(await store.listDocuments(name)).toHaveLength(1);
    });

    test('two writers of one version at once, in batches that overlap, add each chunk once', async () => {
      const name = await newBase();
      const document = sampleDocument('file:///a', '1');
      const chunks = Array.from({ length: 60 }, (_, index) => sampleChunk(index, `common word${index}`));
      const write = async (size: number): Promise<void> => {
        await store.beginDocument(name, document);
        for (let first = 0; first < 60; first += size)
          await store.stageChunks(name, document, chunks.slice(first, first + size));
        await store.publishDocument(name, document, 60);
      };
      await Promise.all([write(7), write(13), write(20)]);
      expect(await rowsOf(name)).toEqual({ chunks: 60, vectors: 60, postings: 120, distinct: 120, documents: 1 });
      expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents: 1, chunks: 60 });
    });

    test('two writers of two versions at once: one is there afterwards, whole', async () => {
      for (let round = 0; round < 5; round++) {
        const name = await newBase();
        await Promise.all(
          ['x', 'y'].map((hash) =>
            addDocument(
              store,
              name,
              sampleDocument('file:///a', hash),
              Array.from({ length: 20 }, (_, index) => sampleChunk(index, `common ${hash}${'.'.repeat(index)}`)),
            ),
          ),
        );
        const { hits } = await store.search({ query: 'common', knowledgeBases: [name], limit: 50 });
        expect(hits).toHaveLength(20);
        expect(new Set(hits.map(({ chunk }) => chunk.text.replaceAll('.', ''))).size).toBe(1);
        expect(await rowsOf(name)).toMatchObject({ chunks: 20, vectors: 20, postings: 40, documents: 1 });
        expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents: 1, chunks: 20 });
      }
    });

    test('readers see one version or the other while documents are published, never both nor none', async () => {
      const name = await newBase();
      const add = (version: number): Promise<void> =>
        addDocument(
          store,
          name,
          sampleDocument('file:///a', String(version)),
          [0, 1, 2, 3].map((index) => sampleChunk(index, `common version${version} part${index}`)),
        );
      await add(0);
      const state = { isDone: false };
      let reads = 0;
      const read = async (): Promise<void> => {
        while (!state.isDone) {
          const { hits } = await store.search({ query: 'common', knowledgeBases: [name] }, embedded(0));
          expect(hits).toHaveLength(4);
          expect(new Set(hits.map(({ chunk }) => chunk.text.split(' ')[1])).size).toBe(1);
          for (const { stages } of hits) expect(Object.keys(stages)).toEqual(['lexical', 'vector']);
          reads++;
        }
      };
      const write = async (): Promise<void> => {
        for (let version = 1; version <= 25; version++) await add(version);
        state.isDone = true;
      };
      await Promise.all([write(), read(), read()]);
      expect(reads).toBeGreaterThan(5);
    });

    test('are listed in pages, by prefixes in which nothing is a wildcard', async () => {
      const name = await newBase();
      const given = ['file:///a%/x', 'file:///a_/x', 'file:///ab/x', 'file:///a\\/x', 'FILE:///ab/x', 'file:///a%/y'];
      for (const [number, uri] of given.entries()) {
        await addDocument(store, name, sampleDocument(uri, '1'), [sampleChunk(0, `word number${number}`)]);
      }
      const list = async (options: object): Promise<string[]> =>
        (await store.listDocuments(name, options)).map(({ uri }) => uri);
      expect(await list({})).toEqual(given.toSorted());
      expect(await list({ uriPrefix: 'file:///a%' })).toEqual(['file:///a%/x', 'file:///a%/y']);
      expect(await list({ uriPrefix: 'file:///a_' })).toEqual(['file:///a_/x']);
      expect(await list({ uriPrefix: 'file:///a\\' })).toEqual(['file:///a\\/x']);
      expect(await list({ limit: 2, after: 'file:///a%/x' })).toEqual(['file:///a%/y', 'file:///a\\/x']);
      expect((await uris(name, 'word', { uriPrefixes: ['file:///a%', 'FILE'] })).toSorted()).toEqual([
        'FILE:///ab/x',
        'file:///a%/x',
        'file:///a%/y',
      ]);
      expect(await uris(name, 'word', { uriPrefixes: ['%'] })).toEqual([]);
      expect(await uris(name, 'word', { uriPrefixes: [] })).toEqual([]);
    });
  });

  describe('hostile input', () => {
    const HOSTILE = [
      'a\0b',
      '\uD83D',
      '\uDE00\uD83D',
      `'; drop table colloquy.documents; --`,
      '$1',
      '%_\\',
      '\uFDD00000',
      '{"a":1}',
      '\\u0000',
    ];

    test('comes back as it was, in text, headings, title, metadata and URI', async () => {
      const name = await newBase();
      for (const text of HOSTILE) {
        const document = sampleDocument(`file:///${text}`, text, { title: text, metadata: { [text]: text } });
        const chunk = { ...sampleChunk(0, `common ${text}`), headings: [text] };
        await addDocument(store, name, document, [chunk]);
        expect(await store.findDocument(name, document.uri)).toMatchObject(document);
        const { hits } = await store.search(
          { query: `common ${text}`, knowledgeBases: [name], metadata: { [text]: text } },
          embedded(0),
        );
        expect(hits).toHaveLength(1);
        expect(hits[0]?.chunk).toMatchObject({ text: chunk.text, headings: [text] });
        expect(hits[0]?.document.metadata).toEqual({ [text]: text });
      }
      expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents: HOSTILE.length });
      for (const text of HOSTILE)
        expect(await store.removeDocument(name, `file:///${text}`)).toEqual({ removed: true });
      expect(await rowsOf(name)).toEqual({ chunks: 0, vectors: 0, postings: 0, distinct: 0, documents: 0 });
    });

    test('URIs that differ in half a surrogate pair are two', async () => {
      const name = await newBase();
      for (const half of ['\uD83D', '\uD83E', '\uFFFD']) {
        await addDocument(store, name, sampleDocument(`file:///${half}`, half), [sampleChunk(0, 'x')]);
      }
      expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents: 3 });
    });

    test.each([
      ['enormous metadata', sampleDocument('a', '1', { metadata: { a: 'x'.repeat(70_000) } })],
      ['an enormous URI', sampleDocument('a'.repeat(9_000), '1')],
      ['no URI', sampleDocument('', '1')],
      ['no hash', sampleDocument('a', '')],
      ['metadata that are no strings', sampleDocument('a', '1', { metadata: { a: 1 as unknown as string } })],
    ])('%s is refused', async (_, document) => {
      const name = await newBase();
      const begin = async (): Promise<unknown> => store.beginDocument(name, document);
      await expect(begin()).rejects.toMatchObject({ type: 'InvalidRequest' });
    });

    test('a URI of 8,000 characters that nothing compresses is kept', async () => {
      const name = await newBase();
      const uri = `file:///${Array.from({ length: 220 }, () => randomUUID()).join('')}`;
      await addDocument(store, name, sampleDocument(uri, '1'), [sampleChunk(0, 'word')]);
      expect(await uris(name, 'word', { uriPrefixes: [uri] })).toEqual([uri]);
    });

    test.each([[[0, 0, 0, 0, 0, 0, 0, 0]], [[Number.NaN, 1, 1, 1, 1, 1, 1, 1]], [[Infinity, 1, 1, 1, 1, 1, 1, 1]]])(
      'an embedding without a direction (%j) is refused',
      async (embedding) => {
        const name = await newBase();
        const document = sampleDocument('a', '1');
        await store.beginDocument(name, document);
        await expect(store.stageChunks(name, document, [sampleChunk(0, 'x', embedding)])).rejects.toMatchObject({
          type: 'InvalidRequest',
        });
      },
    );

    test.each([-1, 0.5, 2 ** 24])('a chunk of index %d is refused', async (index) => {
      const name = await newBase();
      const document = sampleDocument('a', '1');
      await store.beginDocument(name, document);
      await expect(store.stageChunks(name, document, [sampleChunk(index, 'x', unitVector(0))])).rejects.toMatchObject({
        type: 'InvalidRequest',
      });
    });

    test.each([
      { query: '' },
      { query: ' \n' },
      { query: 'x'.repeat(10_001) },
      { query: 'x', limit: 0 },
      { query: 'x', limit: 1_000 },
      { query: 'x', stages: ['vector' as const] },
    ])('a search for %j is refused', async (request) => {
      const name = await newBase();
      await expect(store.search({ knowledgeBases: [name], ...request })).rejects.toMatchObject({
        type: 'InvalidRequest',
      });
    });

    test('a query without any term finds by vectors alone', async () => {
      const name = await newBase();
      await addDocument(store, name, sampleDocument('a', '1'), [sampleChunk(0, 'text')]);
      const { hits } = await store.search({ query: '?!', knowledgeBases: [name] }, embedded(0));
      expect(hits.map(({ stages }) => Object.keys(stages))).toEqual([['vector']]);
      expect(await uris(name, '?!')).toEqual([]);
    });
  });

  describe('words kept by an earlier version', () => {
    const texts = [
      'Written in C++ and C#',
      'Un café au lait',
      '데이터베이스는 서버에서',
      'donau\u00addampf',
      '每日备\n份数据库',
    ];
    const build = async (): Promise<string> => {
      const name = await newBase();
      for (const [number, text] of texts.entries()) {
        await addDocument(store, name, sampleDocument(`file:///${number}`, '1'), [
          sampleChunk(0, text),
          ...Array.from({ length: 3 }, (_, index) => sampleChunk(index + 1, `filler ${number} ${index}`)),
        ]);
      }
      return name;
    };
    const newer = (): KnowledgeStore => createKnowledgeStore(database, SEARCH_TERMS);
    const found = async (name: string, query: string): Promise<string[]> =>
      (await newer().search({ query, knowledgeBases: [name] })).hits.map(({ document }) => document.uri);
    const termsOf = async (name: string): Promise<unknown> =>
      database.use(async (kysely) => {
        const bases = await sql<{ id: number; terms: string }>`
          select id, terms from colloquy.knowledge_bases where name = ${name}`.execute(kysely);
        const { id = 0, terms } = bases.rows[0] ?? {};
        const { rows } = await sql`
          select documents.uri, documents.terms, documents.terms_version, postings.term, encode(postings.entries, 'hex') as entries
          from colloquy.documents as documents join colloquy.postings_${sql.raw(String(id))} as postings on postings.document = documents.id
          where documents.knowledge_base = ${id} order by uri, term`.execute(kysely);
        return { terms, rows };
      });

    test('are found as they were until they are made anew, then by the new rules, exactly as if they had been added now', async () => {
      const name = await build();
      // Staged by the earlier version, and gone on with by the later one.
      const half = sampleDocument('file:///half', '1');
      await store.beginDocument(name, half);
      await store.stageChunks(name, half, [sampleChunk(0, 'Größe in F#')]);
      expect(await found(name, 'C++')).toEqual(['file:///0']);
      expect(await found(name, 'café')).toEqual(['file:///1']);
      await newer().renewTerms(name);
      expect(await newer().renewTerms(name)).toEqual({ documents: 0 });
      await newer().beginDocument(name, half);
      await newer().stageChunks(name, half, [sampleChunk(1, 'Ende')]);
      await newer().publishDocument(name, half, 2);
      for (const [query, uri] of [
        ['C#', '0'],
        ['cafe', '1'],
        ['데이터베이스', '2'],
        ['Donaudampf', '3'],
        ['备份', '4'],
        ['grosse', 'half'],
        ['F#', 'half'],
      ]) {
        expect({ query, uris: await found(name, query ?? '') }).toMatchObject({
          uris: expect.arrayContaining([`file:///${uri}`]) as string[],
        });
      }
      expect(await found(name, 'C')).toEqual([]);

      const fresh = await newBase();
      for (const [number, text] of texts.entries()) {
        await addDocument(newer(), fresh, sampleDocument(`file:///${number}`, '1'), [
          sampleChunk(0, text),
          ...Array.from({ length: 3 }, (_, index) => sampleChunk(index + 1, `filler ${number} ${index}`)),
        ]);
      }
      await store.removeDocument(name, half.uri);
      expect(await termsOf(name)).toEqual(await termsOf(fresh));
    });

    test('are made anew in the background by whoever searches, also by several at once, and nothing is missed meanwhile', async () => {
      const name = await build();
      const stores = [newer(), newer(), newer()];
      for (let round = 0; ; round++) {
        const answers = await Promise.all(
          stores.map((each) => each.search({ query: 'written café', knowledgeBases: [name] })),
        );
        for (const { hits } of answers) expect(new Set(hits.map(({ document }) => document.uri)).size).toBe(2);
        if ((await found(name, 'cafe')).length === 1) break;
        expect(round).toBeLessThan(200);
      }
      await expect.poll(async () => (await newer().renewTerms(name)).documents).toBe(0);
      expect(await rowsOf(name)).toMatchObject({ documents: 5, chunks: 20 });
    });

    test('a version from before goes on with what a later one has kept', async () => {
      const name = await build();
      await newer().renewTerms(name);
      await addDocument(store, name, sampleDocument('file:///old', '1'), [sampleChunk(0, 'Größe von C++')]);
      expect(await uris(name, 'filler', { limit: 20 })).toHaveLength(15);
      await store.removeDocument(name, 'file:///0');
      expect(await found(name, 'C++')).toEqual(['file:///old']);
      await expect.poll(() => found(name, 'Grosse')).toEqual(['file:///old']);
    });
  });

  test('of a long query the rarest words are looked for, wherever they stand', async () => {
    const name = await newBase();
    const common = Array.from({ length: 300 }, (_, index) => `common${index}`);
    for (let part = 0; part < 10; part++) {
      await addDocument(store, name, sampleDocument(`file:///${part}`, '1'), [
        sampleChunk(0, common.join(' ')),
        sampleChunk(1, common.toReversed().join(' ')),
      ]);
    }
    await addDocument(store, name, sampleDocument('file:///answer', '1'), [
      sampleChunk(0, 'the zebra sleeps standing'),
    ]);
    const pasted = [...common, ...Array.from({ length: 600 }, (_, index) => `nowhere${index}`)];
    for (const at of [0, 300, pasted.length]) {
      const words = pasted.toSpliced(at, 0, 'does', 'the', 'zebra', 'sleep', 'standing');
      const query = words.join(' ').slice(0, 10_000);
      expect({ at, first: (await uris(name, query))[0] }).toEqual({ at, first: 'file:///answer' });
    }
  });

  test('copies are one hit that names their places, and crowd nothing out, by words and by vectors', async () => {
    const name = await newBase();
    const passage = `The crane lifts five tonnes. ${'It is checked each spring by its maker. '.repeat(8)}`;
    for (let copy = 0; copy < 60; copy++) {
      await addDocument(store, name, sampleDocument(`file:///copy-${copy}`, '1'), [
        sampleChunk(0, passage, unitVector(1)),
      ]);
    }
    await addDocument(store, name, sampleDocument('file:///other', '1'), [
      sampleChunk(0, 'Another crane is a bird', [0.1, 0.9, 0, 0, 0, 0, 0, 0]),
    ]);
    const stages = [['lexical'], ['vector'], ['lexical', 'vector']] as const;
    for (const each of stages) {
      const { hits } = await store.search(
        { query: 'crane lifts', knowledgeBases: [name], stages: each, limit: 5 },
        embedded(1),
      );
      expect(hits.map(({ document }) => document.uri)).toEqual(['file:///copy-0', 'file:///other']);
      expect(hits[0]?.alsoAt).toHaveLength(20);
      expect(hits[0]?.alsoAt?.[0]).toMatchObject({
        knowledgeBase: name,
        document: { uri: 'file:///copy-1' },
        chunk: { index: 0 },
      });
    }
  });

  describe('search', () => {
    test('lexical scores are those of BM25', async () => {
      const name = await newBase();
      const texts = ['cat dog', 'cat cat cat bird', 'dog bird fish cow horse', 'bird'];
      await addDocument(
        store,
        name,
        sampleDocument('a', '1'),
        texts.map((text, index) => sampleChunk(index, text)),
      );
      const { hits } = await store.search({ query: 'cat dog', knowledgeBases: [name] });
      // By the formula, from the words themselves.
      const words = texts.map((text) => text.split(' '));
      const average = words.flat().length / texts.length;
      const expected = words.map((chunk) =>
        ['cat', 'dog'].reduce((sum, term) => {
          const frequency = chunk.filter((word) => word === term).length;
          const containing = words.filter((each) => each.includes(term)).length;
          const idf = Math.log(1 + (texts.length - containing + 0.5) / (containing + 0.5));
          return sum + (idf * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * chunk.length) / average));
        }, 0),
      );
      const order = [0, 1, 2].toSorted((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0));
      expect(hits.map(({ chunk }) => chunk.index)).toEqual(order);
      for (const { chunk, stages } of hits) expect(stages.lexical?.score).toBeCloseTo(expected[chunk.index] ?? 0, 6);
      // Of the question's weight, which a word that is nowhere has most of.
      const idf = (containing: number): number => Math.log(1 + (4 - containing + 0.5) / (containing + 0.5));
      const asked = await store.search({ query: 'cat dog nowhere', knowledgeBases: [name] });
      const share = (expected[order[0] ?? 0] ?? 0) / (2 * idf(2) + idf(0));
      expect(share).toBeLessThan(0.6);
      expect(asked.hits[0]?.score).toBeCloseTo(share / 21, 6);
    });

    test('stages can be switched off, and Chinese is found by what the terms make of it', async () => {
      const name = await newBase();
      await addDocument(store, name, sampleDocument('a', '1'), [
        sampleChunk(0, '知识库支持混合检索'),
        sampleChunk(1, '今天天气很好'),
      ]);
      const stagesOf = async (stages: readonly ('lexical' | 'vector' | 'rerank')[]): Promise<unknown> =>
        (await store.search({ query: '混合检索', knowledgeBases: [name], stages }, embedded(1))).hits.map((hit) => [
          hit.chunk.index,
          ...Object.keys(hit.stages),
        ]);
      expect(await stagesOf(['lexical'])).toEqual([[0, 'lexical']]);
      expect(await stagesOf(['vector'])).toEqual([
        [1, 'vector'],
        [0, 'vector'],
      ]);
      expect(await stagesOf(['lexical', 'vector'])).toEqual([
        [0, 'lexical', 'vector'],
        [1, 'vector'],
      ]);
      expect(await stagesOf([])).toEqual([]);
    });

    test('several knowledge bases are searched as one; one that is not there is named, and the others are used', async () => {
      const [a, b] = [await newBase(), await newBase()];
      await addDocument(store, a, sampleDocument('a', '1'), [sampleChunk(0, 'word here')]);
      await addDocument(store, b, sampleDocument('b', '1'), [sampleChunk(0, 'word there', unitVector(1))]);
      const { hits, failures } = await store.search(
        { query: 'word', knowledgeBases: [a, 'missing', b, a] },
        embedded(1),
      );
      // Of equal words and lengths: the older knowledge base is first by words, the other by vectors.
      expect(
        hits.map(({ knowledgeBase, stages }) => [knowledgeBase, stages.lexical?.rank, stages.vector?.rank]),
      ).toEqual([
        [a, 1, 2],
        [b, 2, 1],
      ]);
      expect(failures).toEqual([{ source: 'missing', reason: expect.stringContaining('"missing"') }]);
      expect(await store.search({ query: 'word', knowledgeBases: [] })).toMatchObject({ hits: [], failures: [] });
      await expect(store.search({ query: 'word', knowledgeBases: ['missing'] })).rejects.toMatchObject({
        type: 'Retrieval.NotFound',
      });
    });

    test('filters come before the limit, with the index and without; the index misses little', async () => {
      const dimensions = 16;
      const name = await newBase(dimensions);
      let state = 1;
      const random = (): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32 - 0.5;
      };
      const newVector = (): number[] => Array.from({ length: dimensions }, random);
      const size = 500;
      const documents = Math.ceil(EXACT_CHUNKS / size) + 2;
      for (let number = 0; number < documents; number++) {
        const document = sampleDocument(`file:///${number}/x`, '1', { metadata: { number: String(number) } });
        const chunks = Array.from({ length: size }, (_, index) => sampleChunk(index, `common n${index}`, newVector()));
        await addDocument(store, name, document, chunks);
      }
      const queries = Array.from({ length: 20 }, newVector);
      const find = async (vector: number[], rest: object = {}): Promise<string[]> =>
        (
          await store.search(
            { query: 'none', knowledgeBases: [name], stages: ['vector'], ...rest },
            { modelId: MODEL, vector },
          )
        ).hits.map(({ document, chunk }) => `${document.uri} ${chunk.index}`);
      // Until the index is there, all are compared.
      const exact = await Promise.all(queries.map((vector) => find(vector)));
      expect(await store.prepareIndex(name)).toEqual({ indexed: true });
      expect(await store.prepareIndex(name)).toEqual({ indexed: true });
      const found = await Promise.all(queries.map((vector) => find(vector)));
      const both = found.flatMap((each, index) => each.filter((key) => exact[index]?.includes(key)));
      expect(both.length / 200).toBeGreaterThanOrEqual(0.95);
      const [vector = []] = queries;
      const filters = { uriPrefixes: ['file:///3/'], metadata: { number: '3' } };
      const filtered = await find(vector, filters);
      expect(filtered).toHaveLength(10);
      for (const key of filtered) expect(key).toMatch(/^file:\/\/\/3\//u);
      // Half of them: more than are compared one by one is not needed to see that the index goes on until there are enough.
      const lexical = await uris(name, 'common', { ...filters, stages: ['lexical'] });
      expect(lexical).toEqual(Array.from({ length: 10 }, () => 'file:///3/x'));
      expect(await uris(name, 'common', { metadata: { number: '3', other: 'x' } })).toEqual([]);
      // What comes after the index is in it.
      await addDocument(store, name, sampleDocument('file:///new', '1'), [sampleChunk(0, 'new', vector)]);
      expect((await find(vector))[0]).toBe('file:///new 0');
      await store.removeDocument(name, 'file:///new');
      expect((await find(vector))[0]).toBe(found[0]?.[0]);
    });
  });

  test('loading that is killed again and again is resumed at the batch, and no chunk is lost or doubled', async () => {
    const name = await newBase();
    const [documents, chunks] = [4, 60];
    const program = fileURLToPath(new URL('./programs/load-knowledge.mjs', import.meta.url));
    const resumed: number[] = [];
    let kills = 0;
    for (let isDone = false; !isDone;) {
      const child = spawn(
        process.execPath,
        [program, JSON.stringify(running.address), name, String(documents), String(chunks)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let staged = 0;
      child.stdout.on('data', (data: Buffer) => {
        for (const line of data.toString().split('\n')) {
          const at = /^begun \d+ at (\d+)$/u.exec(line);
          if (at !== null && Number(at[1]) > 0) resumed.push(Number(at[1]));
          if (line.startsWith('staged')) staged++;
        }
        if (staged >= 5) child.kill('SIGKILL');
      });
      isDone = await new Promise<boolean>((resolve) => {
        child.once('exit', (code) => resolve(code === 0));
      });
      if (!isDone) kills++;
      expect(kills).toBeLessThan(20);
    }
    expect(kills).toBeGreaterThanOrEqual(3);
    expect(resumed.length).toBeGreaterThan(0);
    const all = documents * chunks;
    expect(await rowsOf(name)).toEqual({ chunks: all, vectors: all, postings: 3 * all, distinct: 3 * all, documents });
    expect(await store.describeKnowledgeBase(name)).toMatchObject({ documents, chunks: all });
    expect(await uris(name, 'word3', { limit: 100 })).toHaveLength(chunks);
  }, 180_000);

  test('the database killed in the middle of loading loses nothing that was acknowledged', async () => {
    const name = await newBase();
    const document = sampleDocument('a', '1');
    const retry = async <Result>(action: () => Promise<Result>): Promise<Result> => {
      for (let attempt = 0; ; attempt++) {
        try {
          return await action();
        } catch (error) {
          if (attempt > 300) throw error;
          await new Promise((resolve) => {
            setTimeout(resolve, 100);
          });
        }
      }
    };
    await store.beginDocument(name, document);
    for (let index = 0; index < 40; index++) {
      if (index === 10 || index === 30) void running.crash();
      await retry(() => store.stageChunks(name, document, [sampleChunk(index, `common word${index}`)]));
    }
    await retry(() => store.publishDocument(name, document, 40));
    expect(await rowsOf(name)).toEqual({ chunks: 40, vectors: 40, postings: 80, distinct: 80, documents: 1 });
  }, 120_000);
}
