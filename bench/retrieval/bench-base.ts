import type { SearchTerms } from '../../src/retrieval/store/knowledge-store.js';
import { makeClusteredChunks } from './clustered-chunks.js';
import type { ClusteredChunks } from './clustered-chunks.js';

/** What the measurement and the program that loads for it agree on. */
export const BENCH_BASE = { name: 'bench', embeddingModelId: 'synthetic', dimensions: 384 };
export const CHUNKS_PER_DOCUMENT = 100;
/** Far more than a search looks at: which of them are nearest is then for the index to find. */
const CLUSTER_CHUNKS = 1_000;

const split = (text: string): string[] => text.split(' ');
export const benchTerms: SearchTerms = { version: 1, documentTerms: split, queryTerms: split };

/** @param count of all chunks */
export function makeBenchChunks(count: number): ClusteredChunks {
  return makeClusteredChunks({
    dimensions: BENCH_BASE.dimensions,
    clusters: Math.ceil(count / CLUSTER_CHUNKS),
  });
}
