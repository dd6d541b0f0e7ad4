import { sql } from 'kysely';
import { fromStorableJson, toStorableJson, toStorableText } from '../../database/storable-text.js';
import { createKnowledgeTables, dropKnowledgeTables } from './knowledge-tables.js';
import type { KnowledgeBaseInfo, KnowledgeBaseSettings, KnowledgeStore } from './knowledge-store.js';
import { refuseBadName } from './open-knowledge.js';
import type { Knowledge } from './open-knowledge.js';
import { RetrievalError } from './retrieval-error.js';

/** Maximum of an HNSW index. source: pgvector, README.md, "HNSW" */
const MAX_DIMENSIONS = 2_000;
const MAX_SETTINGS_BYTES = 65_536;

/** The part of `KnowledgeStore` for knowledge bases as a whole. */
export function createKnowledgeBases(
  knowledge: Knowledge,
): Pick<
  KnowledgeStore,
  'createKnowledgeBase' | 'listKnowledgeBases' | 'describeKnowledgeBase' | 'deleteKnowledgeBase'
> {
  const read = async (name?: string): Promise<KnowledgeBaseInfo[]> => {
    const { rows } = await knowledge.use((kysely) =>
      sql<InfoRow>`
        select name, embedding_model_id, dimensions, settings::text as settings, created_at, documents, chunks
        from colloquy.knowledge_bases ${name === undefined ? sql`` : sql`where name = ${name}`} order by name`.execute(
        kysely,
      ),
    );
    return rows.map(toInfo);
  };
  return {
    async createKnowledgeBase(given) {
      refuseBadSettings(given);
      const { name, dimensions } = given;
      const modelId = toStorableText(given.embeddingModelId);
      const settings = toStorableJson(given.settings ?? {});
      return knowledge.use((kysely) =>
        kysely.transaction().execute(async (transaction) => {
          const { rows } = await sql<{ id: number }>`
            insert into colloquy.knowledge_bases (name, embedding_model_id, dimensions, settings)
            values (${name}, ${modelId}, ${dimensions}, ${settings}::jsonb)
            on conflict (name) do nothing returning id`.execute(transaction);
          const id = rows[0]?.id;
          if (id !== undefined) {
            await createKnowledgeTables(transaction, id, dimensions);
            return { created: true };
          }
          const there = await sql<{ embedding_model_id: string; dimensions: number }>`
            select embedding_model_id, dimensions from colloquy.knowledge_bases where name = ${name}`.execute(
            transaction,
          );
          const row = there.rows[0];
          if (row !== undefined && (row.embedding_model_id !== modelId || row.dimensions !== dimensions)) {
            throw new RetrievalError(
              'Retrieval.ModelMismatch',
              `Knowledge base "${name}" is there with the embedding model "${row.embedding_model_id}" (${row.dimensions} dimensions), not "${modelId}" (${dimensions}). ` +
                'Use that model, another name, or delete the knowledge base and add its documents again.',
            );
          }
          return { created: false };
        }),
      );
    },

    listKnowledgeBases: () => read(),

    async describeKnowledgeBase(name) {
      refuseBadName(name);
      const [info] = await read(name);
      if (info === undefined) throw new RetrievalError('Retrieval.NotFound', `No knowledge base is named "${name}".`);
      return info;
    },

    async deleteKnowledgeBase(name) {
      refuseBadName(name);
      return knowledge.use((kysely) =>
        kysely.transaction().execute(async (transaction) => {
          // Waits for all transactions that stage or publish in it.
          const { rows } = await sql<{ id: number }>`
            delete from colloquy.knowledge_bases where name = ${name} returning id`.execute(transaction);
          const id = rows[0]?.id;
          if (id !== undefined) await dropKnowledgeTables(transaction, id);
          return { deleted: id !== undefined };
        }),
      );
    },
  };
}

interface InfoRow {
  readonly name: string;
  readonly embedding_model_id: string;
  readonly dimensions: number;
  readonly settings: string;
  readonly created_at: Date;
  readonly documents: number;
  readonly chunks: number;
}

function toInfo(row: InfoRow): KnowledgeBaseInfo {
  return {
    name: row.name,
    embeddingModelId: row.embedding_model_id,
    dimensions: row.dimensions,
    settings: JSON.parse(fromStorableJson(row.settings)),
    createdAt: row.created_at.toISOString(),
    documents: row.documents,
    chunks: row.chunks,
  };
}

function refuseBadSettings({ name, embeddingModelId, dimensions, settings = {} }: KnowledgeBaseSettings): void {
  refuseBadName(name);
  if (!Number.isInteger(dimensions) || dimensions < 0 || dimensions > MAX_DIMENSIONS) {
    throw new RetrievalError(
      'InvalidRequest',
      `Embeddings of ${dimensions} dimensions cannot be kept: 1 to ${MAX_DIMENSIONS} can, or 0 for none.`,
    );
  }
  if (typeof embeddingModelId !== 'string' || embeddingModelId === '' || embeddingModelId.length > 500) {
    throw new RetrievalError('InvalidRequest', '"embeddingModelId" must have 1 to 500 characters.');
  }
  if (Buffer.byteLength(JSON.stringify(settings)) > MAX_SETTINGS_BYTES) {
    throw new RetrievalError(
      'InvalidRequest',
      `The settings of "${name}" are over ${MAX_SETTINGS_BYTES} bytes as JSON.`,
    );
  }
}
