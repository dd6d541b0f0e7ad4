import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { fromStorableJson } from '../../database/storable-text.js';
import type { TextChunk } from '../../domain/knowledge/retrieval.js';
import type { SearchTerms } from './knowledge-store.js';
import { knowledgeTables } from './knowledge-tables.js';
import { findKnowledgeBase } from './open-knowledge.js';
import type { Knowledge, KnowledgeBaseRow } from './open-knowledge.js';
import { MAX_POSTED_CHUNKS, writePostings } from './write-postings.js';

/** Chunks of one transaction, during which other users of the embedded database wait; a transaction renews at least one document. */
const BATCH_CHUNKS = 256;
const BATCH_DOCUMENTS = 64;
const RETRY_MS = 60_000;

/** Updates the terms of documents that an earlier version stored. */
export interface TermsRenewal {
  /** Implements `KnowledgeStore.renewTerms`. */
  renew(name: string): Promise<{ readonly documents: number }>;
  /** Starts the renewal if `base` needs it, without waiting for it. After a failure, the next use of the base after a minute tries again. */
  begin(base: KnowledgeBaseRow): void;
}

/** Whether some documents have terms by the rules of an earlier version. */
export function hasFormerTerms({ termsVersion }: KnowledgeBaseRow, { version }: SearchTerms): boolean {
  return termsVersion !== null && termsVersion < version;
}

/**
 * Create one for each process: it keeps track of the knowledge bases that it is renewing.
 *
 * @param onNotice receives one line for the log about a failure in the background
 */
export function createTermsRenewal(
  knowledge: Knowledge,
  terms: SearchTerms,
  onNotice: (line: string) => void,
): TermsRenewal {
  const running = new Set<string>();
  const pausedUntil = new Map<string, number>();
  const renew = async (name: string): Promise<{ documents: number }> => {
    for (let documents = 0; ;) {
      const renewed = await knowledge.use((kysely) =>
        kysely.transaction().execute((transaction) => renewBatch(transaction, name, terms)),
      );
      if (renewed === 0) return { documents };
      documents += renewed;
    }
  };
  return {
    renew,
    begin(base) {
      const { name } = base;
      if (!hasFormerTerms(base, terms) || running.has(name) || Date.now() < (pausedUntil.get(name) ?? 0)) return;
      running.add(name);
      void renew(name)
        .catch((error: unknown) => {
          pausedUntil.set(name, Date.now() + RETRY_MS);
          const reason = error instanceof Error ? error.message : String(error);
          onNotice(
            `The words of "${name}" from an earlier version could not be brought up to date (${reason}). ` +
              'Searches still find its documents by the earlier rules. The next use in a minute or later tries again.',
          );
        })
        .finally(() => running.delete(name));
    },
  };
}

/** @returns number of documents that were renewed; 0 if none is left */
async function renewBatch(transaction: Transaction<DatabaseSchema>, name: string, terms: SearchTerms): Promise<number> {
  // Until the transaction ends, nothing else is staged, published or removed.
  const base = await findKnowledgeBase(transaction, name, 'publish');
  const { rows } = await sql<OutdatedDocument>`
    select id, is_published as "isPublished", terms from colloquy.documents
    where knowledge_base = ${base.id} and terms_version < ${terms.version}
    order by terms_version, id limit ${BATCH_DOCUMENTS}`.execute(transaction);
  let chunks = 0;
  let documents = 0;
  for (const document of rows) {
    chunks += await renewDocument(transaction, base, document, terms);
    documents++;
    if (chunks >= BATCH_CHUNKS) break;
  }
  return documents;
}

interface OutdatedDocument {
  readonly id: number;
  readonly isPublished: boolean;
  /** A `bigint`, as text. */
  readonly terms: string;
}

/** @returns number of its chunks */
async function renewDocument(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  { id, isPublished, terms: before }: OutdatedDocument,
  terms: SearchTerms,
): Promise<number> {
  const tables = knowledgeTables(base.id);
  await sql`delete from ${tables.postings} where document = ${id}`.execute(transaction);
  let [chunks, length, next] = [0, 0, 0];
  for (;;) {
    const { rows } = await sql<{ content: string }>`
      select content::text as content from ${tables.chunks}
      where document = ${id} and chunk >= ${next} order by chunk limit ${MAX_POSTED_CHUNKS}`.execute(transaction);
    if (rows.length === 0) break;
    const read = rows.map(({ content }): TextChunk => JSON.parse(fromStorableJson(content)));
    length += await writePostings(transaction, base, id, read, terms);
    chunks += read.length;
    next = (read.at(-1)?.index ?? 0) + 1;
  }
  await sql`
    update colloquy.documents set terms = ${length}, terms_version = ${terms.version} where id = ${id}`.execute(
    transaction,
  );
  if (isPublished) {
    await sql`
      update colloquy.knowledge_bases set terms = terms + ${length - Number(before)} where id = ${base.id}`.execute(
      transaction,
    );
  }
  return chunks;
}
