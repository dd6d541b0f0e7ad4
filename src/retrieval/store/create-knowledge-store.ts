import type { Database } from '../../database/connect-database.js';
import { createDocuments } from './documents.js';
import { createKnowledgeBases } from './knowledge-bases.js';
import type { KnowledgeStore, SearchTerms } from './knowledge-store.js';
import { openKnowledge } from './open-knowledge.js';
import { prepareIndex } from './prepare-index.js';
import { createTermsRenewal } from './renew-terms.js';
import { searchKnowledge } from './search.js';

/**
 * Creates a store without asking the database for anything yet; the first use creates its knowledge schema.
 *
 * @param options.onNotice receives one line for the log about a failure that no caller waits for
 */
export function createKnowledgeStore(
  database: Database,
  terms: SearchTerms,
  { onNotice = () => undefined }: { readonly onNotice?: (line: string) => void } = {},
): KnowledgeStore {
  const knowledge = openKnowledge(database);
  const renewal = createTermsRenewal(knowledge, terms, onNotice);
  return {
    ...createKnowledgeBases(knowledge),
    ...createDocuments(knowledge, terms, renewal),
    prepareIndex: (name) => prepareIndex(knowledge, name),
    renewTerms: (name) => renewal.renew(name),
    search: (request, queryEmbedding) => searchKnowledge({ knowledge, terms, renewal }, request, queryEmbedding),
  };
}
