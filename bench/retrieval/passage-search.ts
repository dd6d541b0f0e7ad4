import type { SearchStage } from '../../src/domain/retrieval.js';

/** What the benchmark asks of whatever searches: a store, or vectors in memory. */
export interface PassageSearch {
  /** How rows name it, e.g. `in memory`. */
  readonly name: string;
  /** The stages that it has. */
  readonly stages: readonly SearchStage[];
  /** Ids of passages, best first, found by these stages together. */
  search(query: string, stages: readonly SearchStage[], limit: number): Promise<readonly string[]>;
  dispose(): Promise<void>;
}
