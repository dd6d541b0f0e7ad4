import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../../database/connect-database.js';
import { migrateKnowledge } from '../../database/migrate-knowledge.js';
import type { DatabaseSchema } from '../../database/schema.js';
import { KNOWLEDGE_BASE_NAME } from '../../domain/knowledge/retrieval.js';
import { RetrievalError } from './retrieval-error.js';

/** The database, once it has the schema of knowledge bases. */
export type Knowledge = Pick<Database, 'use'>;

export function openKnowledge(database: Database): Knowledge {
  let migrated: Promise<void> | undefined;
  return {
    use: (action) =>
      database.use(async (kysely) => {
        migrated ??= migrateKnowledge(kysely);
        const migrating = migrated;
        await migrating.catch((error: unknown) => {
          // Lets the next use try again.
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
  /** Lowest version of its documents' terms; null if it has no documents. */
  readonly termsVersion: number | null;
}

/**
 * `read`: takes no lock. `stage`: until the transaction ends, the knowledge base cannot be deleted and nothing can be published in it.
 * `publish`: until then, nothing else can be written in it. Take it before any other lock, to avoid deadlocks.
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
