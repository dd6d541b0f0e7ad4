// Records the history of an ingestion that went through everything this release can do, for the replay ring:
//   node test/replay/record-ingestion.mjs NAME        writes test/replay/histories/NAME.json and NAME-continued.json
// Run it at a release, after "npm run build", and commit the files: later workflow code must still replay them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { createIngestionActivities } from '../../dist/activities/knowledge/ingestion.js';
import { DatabaseError } from '../../dist/database/database-error.js';
import { createSessionsWorker } from '../../dist/workers/sessions-worker.js';
import { openRecorder } from './recorder.mjs';

const name = process.argv[2];
if (!/^[\w.-]+$/u.test(name ?? '')) {
  console.error('usage: node test/replay/record-ingestion.mjs NAME   e.g. ingest-documents-0.2.0');
  process.exit(1);
}
const { env, connection, namespace, save } = await openRecorder();

// A store in memory: what the workflow sees of it is all that a history holds. It is away for a while, once.
const published = new Map();
let awayFor = 6;
const store = {
  describeKnowledgeBase: async () => ({ name: 'docs', dimensions: 0, embeddingModelId: 'none', settings: {} }),
  findDocument: async (_, uri) => published.get(uri),
  listDocuments: async () => [],
  beginDocument: async (_, { uri, contentHash }) => {
    if (uri.endsWith('waited.txt') && awayFor-- > 0) throw new DatabaseError('Database.Unreachable', 'It is away.');
    return published.get(uri)?.contentHash === contentHash
      ? { state: 'unchanged' }
      : { state: 'staging', nextChunk: 0 };
  },
  stageChunks: async (_, __, chunks) => ({ added: chunks.length }),
  publishDocument: async (_, { uri, contentHash }) => {
    const replaced = published.has(uri);
    published.set(uri, { contentHash, metadata: {}, chunks: 1 });
    return { replaced };
  },
  removeAbandoned: async () => ({ removed: 0 }),
  prepareIndex: async () => ({ indexed: false }),
};
const workers = [
  await createSessionsWorker({ connection, namespace }),
  await Worker.create({
    connection,
    namespace,
    taskQueue: 'colloquy/ingestion',
    activities: createIngestionActivities({ store, embeddingModel: () => Promise.reject(new Error('none')) }),
  }),
];
const running = workers.map((worker) => worker.run());
// Its path becomes part of the history.
const folder = await mkdtemp(join(tmpdir(), 'recorded-'));

const record = async (workflowId, input, file) => {
  const { workflow } = env.client;
  const handle = await workflow.start('ingestDocumentsWorkflow', {
    workflowId,
    taskQueue: 'colloquy/sessions',
    args: [{ knowledgeBase: 'docs', sources: [folder, join(folder, 'none.txt')], ...input }],
  });
  console.log(JSON.stringify((await handle.result()).documents));
  await save(workflowId, file);
};

// One that lists, adds, fails for one document and one source, waits for the database, and tidies.
for (let index = 0; index < 4; index++) await writeFile(join(folder, `${index}.txt`), `Document ${index}.`);
await writeFile(join(folder, 'waited.txt'), 'Waited for.');
await writeFile(join(folder, 'empty.txt'), '');
await record('ingest-documents/docs/recorded', {}, name);
// The last run of one that continues as new.
for (let index = 0; index < 60; index++) await writeFile(join(folder, `more-${index}.txt`), `More ${index}.`);
await record('ingest-documents/docs/continued', { maxHistoryLength: 10 }, `${name}-continued`);

for (const worker of workers) worker.shutdown();
await Promise.all(running);
await env.teardown();
await rm(folder, { recursive: true });
