import type { RawBuilder } from 'kysely';

/** The documents that a search covers. */
export interface SearchScope {
  /** Condition on a column `document`. */
  readonly condition: RawBuilder<unknown>;
  readonly chunks: number;
}
