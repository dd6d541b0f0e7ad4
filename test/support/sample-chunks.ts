import type { DocumentInfo } from '../../src/domain/knowledge/retrieval.js';
import type { KnowledgeStore, StagedChunk } from '../../src/retrieval/store/knowledge-store.js';

export function sampleDocument(uri: string, contentHash: string, rest: Partial<DocumentInfo> = {}): DocumentInfo {
  return { uri, contentHash, title: `Title of ${uri}`, mediaType: 'text/plain', metadata: {}, ...rest };
}

export function sampleChunk(
  index: number,
  text: string,
  embedding: readonly number[] = unitVector(index),
): StagedChunk {
  return { index, text, start: index * 100, end: index * 100 + text.length, headings: [], tokens: 5, embedding };
}

/** Of 8 dimensions: 1 at one place. */
export function unitVector(place: number): number[] {
  return Array.from({ length: 8 }, (_, index) => (index === place % 8 ? 1 : 0));
}

/** Begins, stages and publishes. */
export async function addDocument(
  store: KnowledgeStore,
  name: string,
  document: DocumentInfo,
  chunks: readonly StagedChunk[],
): Promise<void> {
  await store.beginDocument(name, document);
  await store.stageChunks(name, document, chunks);
  await store.publishDocument(name, document, chunks.length);
}
