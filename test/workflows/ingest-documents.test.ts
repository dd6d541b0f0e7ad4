import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RetrievalDependencies } from '../../src/activities/knowledge/retrieval.js';
import type { KnowledgeClient } from '../../src/client/knowledge-client.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { READER_VERSION } from '../../src/domain/knowledge/retrieval.js';
import type { IngestionStatus } from '../../src/domain/knowledge/ingestion.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import { createPageReader } from '../../src/retrieval/web/page-reader.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import { docxOf, docxParagraph, pdfLines, pdfOf, zipOf } from '../support/documents.js';
import { pptxOf, sheetRow, slideShape, xlsxOf } from '../support/office-documents.js';
import { NO_POSTGRES, findPostgres } from '../support/postgres-server.js';
import { createScriptedEmbedding } from '../support/scripted-embedding.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';
import { startEmbedded, startServer } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

const hasServer = findPostgres() !== undefined;
if (!hasServer && process.env.CI !== undefined) throw new Error(NO_POSTGRES);

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());

describe('documents are read into the embedded database', () => {
  suite(startEmbedded);
});
describe.skipIf(!hasServer)(`documents are read into a PostgreSQL server${hasServer ? '' : `: ${NO_POSTGRES}`}`, () => {
  suite(startServer);
});

function suite(startDatabase: () => Promise<TestDatabase>): void {
  let server: TestDatabase;
  let database: Database;
  let stack: SessionStack;
  let knowledge: KnowledgeClient;
  let base: string;
  beforeAll(async () => {
    server = await startDatabase();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    database = connectDatabase(server.address);
    stack = createSessionStack(env);
    ({ knowledge } = stack.client);
    await stack.startSessionsWorker();
    base = stack.newId('docs');
  });
  afterEach(async () => {
    await stack.close();
    await database.close();
  });

  const withModel = (embedding = createScriptedEmbedding('scripted')): RetrievalDependencies => ({
    store: createKnowledgeStore(database, SEARCH_TERMS),
    embeddingModel: () => Promise.resolve(embedding),
    reranker: () => Promise.resolve(undefined),
    web: { providers: [], pages: createPageReader({ version: 'test', parse: () => Promise.reject(new Error('no')) }) },
  });
  const add = async (...sources: string[]): Promise<IngestionStatus> => {
    const ingestion = await knowledge.ingest({ knowledgeBase: base, sources });
    const status = await ingestion.result();
    if (status === undefined) throw new Error('it was cancelled');
    return status;
  };
  const uris = async (): Promise<string[]> => (await knowledge.documents(base)).map(({ uri }) => uri);

  it('of each kind; what cannot be read gets a line, and the others are found', { timeout: 60_000 }, async () => {
    await stack.startRetrievalWorker(withModel());
    expect(await knowledge.create(base)).toMatchObject({ created: true, knowledgeBase: { dimensions: 64 } });
    const folder = newFolder();
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('paper.pdf'), pdfOf([pdfLines(['The lighthouse keeper counts ships.'])]));
    writeFileSync(
      at('letter.docx'),
      docxOf(docxParagraph('Harvest', 'Own') + docxParagraph('Barley ripens in August.')),
    );
    writeFileSync(
      at('page.html'),
      '<title>Tides</title><script>secretTerm()</script><h1>Moon</h1><p>The moon pulls.</p>',
    );
    writeFileSync(at('guobiao.txt'), GB18030);
    writeFileSync(at('notes.md'), '# Bees\n\nBees dance.\n\n## Honey\n\nHoney keeps for years.\n');
    writeFileSync(at('corrupt.pdf'), '%PDF-1.7\nbroken');
    writeFileSync(at('bomb.docx'), zipOf([{ name: 'word/document.xml', content: Buffer.alloc(30_000_000, 0x20) }]));
    const forbidden = forbiddenFile(folder);

    const status = await add(folder);
    expect(status).toMatchObject({
      state: 'ended',
      documents: { total: 8, added: 5, failed: 3, unchanged: 0, replaced: 0, removed: 0 },
      chunks: 6,
    });
    const reasons = Object.fromEntries(status.faults.map(({ source, type, reason }) => [source, [type, reason]]));
    expect(reasons).toEqual({
      [at('corrupt.pdf')]: ['Document.Corrupt', expect.stringMatching(/corrupt\.pdf is damaged .*leave it out\.$/u)],
      [at('bomb.docx')]: ['Document.TooLarge', expect.stringMatching(/bomb\.docx .*\.$/u)],
      [forbidden.path]: ['Document.Forbidden', expect.stringMatching(/may not be read|leads out of/u)],
    });
    for (const { reason } of status.faults) {
      expect(reason).not.toContain('\n');
      expect(reason).toContain(`${basename(folder)}/`);
      expect(reason).not.toContain(at(''));
    }

    const found = await knowledge.search({ query: '保管档案', knowledgeBases: [base], limit: 1 });
    expect(found.hits[0]).toMatchObject({
      document: { uri: at('guobiao.txt') },
      chunk: { text: '档案馆应当妥善保管国家档案。', start: 0 },
      stages: { lexical: { rank: 1 }, vector: { rank: 1 } },
    });
    const honey = await knowledge.search({
      query: 'honey years',
      knowledgeBases: [base],
      limit: 1,
      stages: ['lexical'],
    });
    expect(honey.hits[0]).toMatchObject({ chunk: { headings: ['Bees', 'Honey'] }, stages: { lexical: { rank: 1 } } });
    expect(honey.hits[0]?.stages.vector).toBeUndefined();
    const hidden = await knowledge.search({ query: 'secretTerm', knowledgeBases: [base], stages: ['lexical'] });
    expect(hidden.hits).toEqual([]);
  });

  it('again: nothing is done twice, what changed is replaced, what is gone goes', { timeout: 60_000 }, async () => {
    const embedding = createScriptedEmbedding('scripted');
    await stack.startRetrievalWorker(withModel(embedding));
    await knowledge.create(base, { chunkTokens: 40, overlapTokens: 0 });
    const folder = newFolder();
    mkdirSync(join(folder, 'sub'));
    for (const name of ['a.txt', 'b.txt', 'sub/c.txt']) {
      writeFileSync(join(folder, name), `First words of ${name}.\n\nThen other words, and more.\n`);
    }
    const elsewhere = join(newFolder(), 'elsewhere.txt');
    writeFileSync(elsewhere, 'Elsewhere.');
    expect(await add(folder, elsewhere)).toMatchObject({ documents: { added: 4 }, chunks: 7 });
    const before = embedding.embedded;
    expect(await add(folder, elsewhere)).toMatchObject({ documents: { added: 0, unchanged: 4 }, chunks: 0 });
    expect(embedding.embedded).toBe(before);

    writeFileSync(join(folder, 'b.txt'), 'Quite another text.');
    rmSync(join(folder, 'sub/c.txt'));
    rmSync(elsewhere);
    expect(await add(folder)).toMatchObject({
      documents: { total: 2, unchanged: 1, replaced: 1, removed: 1, failed: 0 },
      chunks: 1,
    });
    // It is not below what was asked for: nobody looked whether it is still there.
    expect(await uris()).toEqual([join(folder, 'a.txt'), join(folder, 'b.txt'), elsewhere].toSorted());
    const [listed] = (await knowledge.list()).filter(({ name }) => name === base);
    expect(listed).toMatchObject({ documents: 3, chunks: 4 });
    // A folder that is away is no reason to forget what was in it.
    rmSync(folder, { recursive: true });
    expect(await add(folder)).toMatchObject({ documents: { failed: 1, removed: 0 } });
    expect(await uris()).toHaveLength(3);

    expect(await knowledge.removeDocument(base, elsewhere)).toEqual({ removed: true });
    expect(await knowledge.delete(base)).toEqual({ deleted: true });
    await expect(knowledge.documents(base)).rejects.toMatchObject({ type: 'Retrieval.NotFound' });
    await expect(add(folder)).rejects.toMatchObject({ type: 'Retrieval.NotFound' });
  });

  it('again where earlier readers read them, though the files are the same', { timeout: 60_000 }, async () => {
    await stack.startRetrievalWorker(withModel());
    await knowledge.create(base);
    const folder = newFolder();
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(folder, name), `The words of ${name}.`);
    expect(await add(folder)).toMatchObject({ documents: { added: 3 } });
    const readBy = (reader: number | null, name: string) =>
      database.use((kysely) =>
        sql`update colloquy.documents set info = jsonb_strip_nulls(jsonb_set(info, '{reader}', ${JSON.stringify(reader)}::jsonb))
          where uri = ${join(folder, name)}`.execute(kysely),
      );
    await readBy(READER_VERSION - 1, 'a.txt');
    await readBy(null, 'b.txt');
    expect(await add(folder)).toMatchObject({ documents: { replaced: 2, unchanged: 1, failed: 0 }, chunks: 2 });
    expect((await knowledge.documents(base)).map(({ reader }) => reader)).toEqual(Array(3).fill(READER_VERSION));
    expect(await add(folder)).toMatchObject({ documents: { unchanged: 3 } });
  });

  it('with a note on what was left out of them', { timeout: 60_000 }, async () => {
    await stack.startRetrievalWorker(withModel());
    await knowledge.create(base);
    const folder = newFolder();
    const sheets = [
      { name: 'Fleet', rows: sheetRow(1, ['Ship']) + sheetRow(2, ['Ada']) },
      { name: 'Rates', rows: sheetRow(1, ['Harbourmaster']), state: 'hidden' },
    ];
    writeFileSync(join(folder, 'fleet.xlsx'), xlsxOf(sheets));
    const slides = [
      { shapes: slideShape('Harbour', 'title') },
      { shapes: slideShape('Bargain', 'title'), isHidden: true },
    ];
    writeFileSync(join(folder, 'talk.pptx'), pptxOf(slides));
    writeFileSync(join(folder, 'plain.txt'), 'Nothing to note.');
    const status = await add(folder);
    expect(status).toMatchObject({ documents: { added: 3, failed: 0 } });
    expect([...(status.notes ?? [])].toSorted((one, other) => (one.source < other.source ? -1 : 1))).toEqual([
      {
        source: join(folder, 'fleet.xlsx'),
        note: 'hidden sheet left out: Rates. To search it too, unhide it and add the file again.',
      },
      {
        source: join(folder, 'talk.pptx'),
        note: 'hidden slide left out: 2. To search it too, unhide it and add the file again.',
      },
    ]);
    for (const query of ['Harbourmaster', 'Bargain']) {
      expect((await knowledge.search({ query, knowledgeBases: [base], stages: ['lexical'] })).hits).toEqual([]);
    }
  });

  it('in several runs of the workflow, each once, and stops and goes on', { timeout: 60_000 }, async () => {
    const embedding = createScriptedEmbedding('scripted', { msPerText: 20 });
    const stopWorker = await stack.startRetrievalWorker(withModel(embedding));
    await knowledge.create(base);
    const folder = newFolder();
    const names = Array.from({ length: 110 }, (_, index) => join(folder, `${String(index).padStart(3, '0')}.txt`));
    for (const name of names) writeFileSync(name, `The file ${name}.`);
    const handle = await stack.client.temporal.workflow.start('ingestDocumentsWorkflow', {
      workflowId: `ingest-documents/${base}/test`,
      taskQueue: 'colloquy/sessions',
      args: [{ knowledgeBase: base, sources: [folder], documentsAtOnce: 4, maxHistoryLength: 100 }],
    });
    const [running] = await expect
      .poll(() => knowledge.ingestions(base))
      .toHaveLength(1)
      .then(() => knowledge.ingestions(base));
    await expect.poll(async () => (await running?.progress())?.documents.added, { interval: 50 }).toBeGreaterThan(3);
    // The worker goes and another comes: what it held is taken up.
    await stopWorker();
    await stack.startRetrievalWorker(withModel(embedding));
    await running?.cancel();
    await expect(handle.result()).rejects.toThrow(/cancelled/iu);
    const kept = await uris();
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.length).toBeLessThan(110);

    const again = await stack.client.temporal.workflow.start('ingestDocumentsWorkflow', {
      workflowId: `ingest-documents/${base}/test`,
      taskQueue: 'colloquy/sessions',
      args: [{ knowledgeBase: base, sources: [folder], documentsAtOnce: 4, maxHistoryLength: 100 }],
    });
    const status = (await again.result()) as IngestionStatus;
    expect(status.documents).toMatchObject({ total: 110, failed: 0, replaced: 0, removed: 0 });
    expect(status.documents.added + status.documents.unchanged).toBe(110);
    expect(status.documents.unchanged).toBe(kept.length);
    expect(await uris()).toEqual(names);
    const { raw } = await stack.client.temporal.workflow.getHandle(again.workflowId).describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
  });

  it('waits for a database that crashes, and goes on', { timeout: 60_000 }, async () => {
    await stack.startRetrievalWorker(withModel(createScriptedEmbedding('scripted', { msPerText: 10 })));
    await knowledge.create(base, { chunkTokens: 40, overlapTokens: 0 });
    const file = join(newFolder(), 'long.txt');
    writeFileSync(file, Array.from({ length: 100 }, (_, index) => `This is paragraph number ${index}.`).join('\n\n'));
    const ingestion = await knowledge.ingest({ knowledgeBase: base, sources: [file] });
    const same = await knowledge.ingest({ knowledgeBase: base, sources: [file] });
    expect([ingestion.wasRunning, same.wasRunning, same.workflowId]).toEqual([false, true, ingestion.workflowId]);
    await expect
      .poll(async () => (await ingestion.progress()).reading[0]?.chunks ?? 0, { interval: 50 })
      .toBeGreaterThan(0);
    await server.crash();
    expect(await ingestion.result()).toMatchObject({ documents: { added: 1, failed: 0 }, chunks: 100 });
    const { hits } = await knowledge.search({ query: 'paragraph number 87', knowledgeBases: [base], limit: 1 });
    expect(hits[0]?.chunk).toMatchObject({ index: 87, text: 'This is paragraph number 87.' });
  });

  it('by their words alone, and by one model alone', { timeout: 60_000 }, async () => {
    const stopWorker = await stack.startRetrievalWorker(withModel());
    const plain = stack.newId('words');
    await knowledge.create(plain, { vectors: false });
    await knowledge.create(base);
    const file = join(newFolder(), 'whales.txt');
    writeFileSync(file, 'Whales sing.');
    base = plain;
    expect(await add(file)).toMatchObject({ chunks: 1 });
    const { hits, failures } = await knowledge.search({ query: 'whales', knowledgeBases: [plain] });
    expect(hits.map(({ stages }) => Object.keys(stages))).toEqual([['lexical']]);
    expect(failures).toEqual([]);
    const byVectors = knowledge.search({ query: 'whales', knowledgeBases: [plain], stages: ['vector'] });
    await expect(byVectors).rejects.toMatchObject({ type: 'InvalidRequest', message: /has no vectors/u });
    await stopWorker();

    await stack.startRetrievalWorker(withModel(createScriptedEmbedding('another')));
    base = stack.newId('docs');
    await knowledge.create(base);
    expect(await add(file)).toMatchObject({ chunks: 1 });
    await expect(knowledge.create(plain)).rejects.toMatchObject({ type: 'Retrieval.ModelMismatch' });
    await expect(knowledge.create('No Name')).rejects.toMatchObject({ type: 'InvalidRequest' });
  });
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-documents-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** 档案馆应当妥善保管国家档案。 */
const GB18030 = Buffer.from('b5b5b0b8b9ddd3a6b5b1cdd7c9c6b1a3b9dcb9fabcd2b5b5b0b8a1a3', 'hex');

/** Root may read everything: then it is a link that leads out of the folder. */
function forbiddenFile(folder: string): { readonly path: string } {
  const path = join(folder, 'forbidden.txt');
  if (process.getuid?.() === 0) symlinkSync('/etc/hostname', path);
  else writeFileSync(path, 'secret', { mode: 0o000 });
  return { path };
}
