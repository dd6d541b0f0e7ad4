import type { RawBuilder } from 'kysely';

/** Where a search looks. */
export interface SearchScope {
  /** On a column `document`. */
  readonly condition: RawBuilder<unknown>;
  readonly chunks: number;
}
