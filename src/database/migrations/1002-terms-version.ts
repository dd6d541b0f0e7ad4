import type { Migration } from '../migrate.js';

/** By which version of the rules a document's words were kept: see `retrieval/store/renew-terms.ts`. Programs from before keep version 1. */
export const termsVersion: Migration = {
  number: 1002,
  name: 'terms version',
  statements: [
    `alter table colloquy.documents add column terms_version integer not null default 1`,
    `create index documents_terms_version on colloquy.documents (knowledge_base, terms_version)`,
  ],
};
