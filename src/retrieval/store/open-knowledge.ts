import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../../database/connect-database.js';
import { migrateKnowledge } from '../../database/migrate-knowledge.js';
import type { DatabaseSchema } from '../../database/schema.js';
import { KNOWLEDGE_BASE_NAME } from '../../domain/knowledge/retrieval.js';
import { RetrievalError } from './retrieval-error.js';

/** The database once the schema of knowledge bases is there. */
export type Knowledge = Pick<Database, 'use'>;

export function openKnowledge(database: Database): Knowledge {
  let migrated: Promise<void> | undefined;
  return {
    use: (action) =>
      database.use(async (kysely) => {
        migrated ??= migrateKnowledge(kysely);
        const migrating = migrated;
        await migrating.catch((error: unknown) => {
          // The next use tries again.
          if (migrated === migrating) migrated = undefined;
          throw error;
        });
        return action(kysely);
      }),
  };
}

export interface KnowledgeBaseRow {
  readonly id: number;
  readonly name: string;
  readonly embeddingModelId: string;
  readonly dimensions: number;
  readonly chunks: number;
  readonly terms: number;
  /** The least of its documents'; null without any. */
  readonly termsVersion: number | null;
}

/**
 * `read`: nothing is held. `stage`: it is not deleted, nor anything published in it, until the transaction ends. `publish`: nothing else
 * is written in it until then. Taken before anything else is locked, so that no two wait for each other.
 */
export type KnowledgeBaseLock = 'read' | 'stage' | 'publish';

const LOCKS = { read: sql``, stage: sql`for share`, publish: sql`for no key update` };

/** @throws {RetrievalError} `Retrieval.NotFound`, `InvalidRequest` */
export async function findKnowledgeBase(
  kysely: Kysely<DatabaseSchema> | Transaction<DatabaseSchema>,
  name: string,
  lock: KnowledgeBaseLock = 'read',
): Promise<KnowledgeBaseRow> {
  refuseBadName(name);
  const { rows } = await sql<KnowledgeBaseRow & { terms: string }>`
    select id, name, embedding_model_id as "embeddingModelId", dimensions, chunks, terms,
      (select min(terms_version) from colloquy.documents where knowledge_base = knowledge_bases.id) as "termsVersion"
    from colloquy.knowledge_bases where name = ${name} ${LOCKS[lock]}`.execute(kysely);
  const [row] = rows;
  if (row === undefined) {
    throw new RetrievalError(
      'Retrieval.NotFound',
      `No knowledge base is named "${name}". "colloquy kb list" shows those that are; "colloquy kb create ${name}" makes it.`,
    );
  }
  return { ...row, terms: Number(row.terms) };
}

/** @throws {RetrievalError} `InvalidRequest` */
export function refuseBadName(name: string): void {
  if (KNOWLEDGE_BASE_NAME.test(name)) return;
  throw new RetrievalError(
    'InvalidRequest',
    `${JSON.stringify(name.slice(0, 100))} cannot name a knowledge base: use 1 to 64 lower-case letters, digits and "-", beginning with a letter.`,
  );
}
