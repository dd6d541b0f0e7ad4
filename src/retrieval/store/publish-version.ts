import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { toStorableText } from '../../database/storable-text.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import { RetrievalError } from './retrieval-error.js';

interface Version {
  readonly uri: string;
  readonly uriHash: string;
  readonly contentHash: string;
}

/**
 * Publishes a version. Needs the lock `publish`, so that nothing is staged meanwhile.
 *
 * @param deleteFormer removes the published version of the document, unless it has this id
 */
export async function publishVersion(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  version: Version,
  chunkCount: number,
  deleteFormer: (id: number) => Promise<{ readonly versions: number }>,
): Promise<{ readonly replaced: boolean }> {
  const { chunks } = knowledgeTables(base.id);
  const { rows } = await sql<{ id: number; is_published: boolean; staged: number; last: number | null; terms: string }>`
    select id, is_published, terms,
      (select count(*)::integer from ${chunks} where document = id) as staged,
      (select max(chunk) from ${chunks} where document = id) as last
    from colloquy.documents
    where knowledge_base = ${base.id} and uri_hash = ${version.uriHash} and content_hash = ${toStorableText(version.contentHash)}
    order by is_published limit 1`.execute(transaction);
  const [row] = rows;
  if (row === undefined) throw superseded(version.uri);
  if (row.staged !== chunkCount || (row.last ?? -1) !== chunkCount - 1) {
    throw new RetrievalError(
      'Retrieval.Incomplete',
      `Document "${version.uri}" has ${row.staged} chunks staged, up to number ${row.last ?? 'none'}, not 0 to ${chunkCount - 1}. Stage the others, or remove it and begin again.`,
    );
  }
  if (row.is_published) return { replaced: false };
  const { versions } = await deleteFormer(row.id);
  await sql`
    update colloquy.documents set is_published = true, chunks = ${chunkCount}, touched_at = now()
    where id = ${row.id}`.execute(transaction);
  await sql`
    update colloquy.knowledge_bases
    set documents = documents + 1, chunks = chunks + ${chunkCount}, terms = terms + ${row.terms}::bigint
    where id = ${base.id}`.execute(transaction);
  return { replaced: versions > 0 };
}

export function superseded(uri: string): RetrievalError {
  return new RetrievalError(
    'Retrieval.Superseded',
    `Nothing is staged of this version of "${uri}": it was removed, or abandoned for long. Begin it again.`,
  );
}
