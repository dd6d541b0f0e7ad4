/**
 * A program that is killed: loads chunks as ingestion does, and goes on where the one before it stopped. Arguments: the socket of the
 * database, how many chunks. Writes the number of each document that it has published.
 */
import { connectDatabase } from '../../src/database/connect-database.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import { BENCH_BASE, CHUNKS_PER_DOCUMENT, benchTerms, makeBenchChunks } from './bench-base.js';

/** Two to a document: a kill may come between them. */
const BATCH = CHUNKS_PER_DOCUMENT / 2;

const [, , socketPath = '', count = '0'] = process.argv;
const database = connectDatabase({ socketPath });
const store = createKnowledgeStore(database, benchTerms);
const made = makeBenchChunks(Number(count));
const { name } = BENCH_BASE;
await store.createKnowledgeBase(BENCH_BASE);
for (let number = 0; number < Number(count) / CHUNKS_PER_DOCUMENT; number++) {
  const document = { uri: `file:///${number}`, contentHash: '1', title: '', mediaType: 'text/plain', metadata: {} };
  const begun = await store.beginDocument(name, document);
  if (begun.state === 'unchanged') continue;
  const chunks = made.document(number, CHUNKS_PER_DOCUMENT);
  for (let first = begun.nextChunk; first < chunks.length; first += BATCH) {
    await store.stageChunks(name, document, chunks.slice(first, first + BATCH));
  }
  await store.publishDocument(name, document, chunks.length);
  process.stdout.write(`${number}\n`);
}
await database.close();
