import type { Migration } from '../migrate.js';

/**
 * Adds the version of the rules by which the terms of a document were stored: see
 * `retrieval/store/renew-terms.ts`. Older programs store version 1.
 */
export const termsVersion: Migration = {
  number: 1002,
  name: 'terms version',
  statements: [
    `alter table colloquy.documents add column terms_version integer not null default 1`,
    `create index documents_terms_version on colloquy.documents (knowledge_base, terms_version)`,
  ],
};
