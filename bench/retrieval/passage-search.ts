import type { SearchStage } from '../../src/domain/knowledge/retrieval.js';
import type { Language } from './evaluation-set.js';

/** What the benchmark asks of whatever searches: a store, or vectors in memory. */
export interface PassageSearch {
  /** How rows name it, e.g. `in memory`. */
  readonly name: string;
  /** The stages that it has. */
  readonly stages: readonly SearchStage[];
  /** Ids of passages, best first, found by these stages together, at most `limit`. */
  search(query: string, request: PassageRequest): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

export interface PassageRequest {
  readonly stages: readonly SearchStage[];
  readonly limit: number;
  /** English passages are in one, Chinese passages in another. */
  readonly knowledgeBases: readonly Language[];
}
