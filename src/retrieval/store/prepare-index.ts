import { sql } from 'kysely';
import { knowledgeTables } from './knowledge-tables.js';
import { findKnowledgeBase } from './open-knowledge.js';
import type { Knowledge } from './open-knowledge.js';
import { EF_CONSTRUCTION, EXACT_CHUNKS, M, MAINTENANCE_MEMORY } from './vector-index.js';

/** Implements `KnowledgeStore.prepareIndex`. */
export function prepareIndex(knowledge: Knowledge, name: string): Promise<{ readonly indexed: boolean }> {
  return knowledge.use((kysely) =>
    kysely.transaction().execute(async (transaction) => {
      const base = await findKnowledgeBase(transaction, name, 'publish');
      const { vectors, vectorIndex } = knowledgeTables(base.id);
      if (base.chunks <= EXACT_CHUNKS || base.dimensions === 0) return { indexed: false };
      // If the graph does not fit into this memory, it is built on disk, which is many times slower.
      await sql`select set_config('maintenance_work_mem', ${MAINTENANCE_MEMORY}, true)`.execute(transaction);
      await sql`
        create index if not exists ${vectorIndex} on ${vectors} using hnsw (embedding vector_ip_ops)
        with (m = ${sql.lit(M)}, ef_construction = ${sql.lit(EF_CONSTRUCTION)})`.execute(transaction);
      return { indexed: true };
    }),
  );
}
