/**
 * A program to be killed: loads documents into a knowledge base, as ingestion does, and goes on where the one before it stopped.
 * Arguments: the address as JSON, the name, how many documents, how many chunks in each. Writes a line for each batch.
 */
import { connectDatabase } from '../../../dist/database/connect-database.js';
import { createKnowledgeStore } from '../../../dist/retrieval/store/create-knowledge-store.js';

const [, , address, name, documents, chunks] = process.argv;
const database = connectDatabase(JSON.parse(address));
const split = (text) => text.split(' ');
const store = createKnowledgeStore(database, { version: 1, documentTerms: split, queryTerms: split });
const BATCH = 8;
for (let number = 0; number < Number(documents); number++) {
  const document = {
    uri: `file:///${number}`,
    contentHash: `hash-${number}`,
    title: 'title',
    mediaType: 'text/plain',
    metadata: {},
  };
  const begun = await store.beginDocument(name, document);
  if (begun.state === 'unchanged') continue;
  process.stdout.write(`begun ${number} at ${begun.nextChunk}\n`);
  for (let first = begun.nextChunk; first < Number(chunks); first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, Number(chunks) - first) }, (_, offset) => {
      const index = first + offset;
      const text = `word${number} chunk${index} common`;
      const embedding = Array.from({ length: 8 }, (__, place) => (place === index % 8 ? 1 : 0));
      return { index, text, start: 0, end: text.length, headings: [], tokens: 3, embedding };
    });
    await store.stageChunks(name, document, batch);
    process.stdout.write(`staged ${number} ${first}\n`);
  }
  await store.publishDocument(name, document, Number(chunks));
}
await database.close();
