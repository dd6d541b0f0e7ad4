import type { DocumentInfo } from '../../domain/knowledge/retrieval.js';
import { DEFAULT_CHUNK_TOKENS, DEFAULT_OVERLAP_TOKENS } from '../../domain/knowledge/chunk-settings.js';
import type { ChunkSettings } from '../../domain/knowledge/chunk-settings.js';
import { NO_EMBEDDING_MODEL } from '../../retrieval/store/knowledge-store.js';
import type { KnowledgeBaseInfo, PublishedDocument } from '../../retrieval/store/knowledge-store.js';
import { RetrievalError } from '../../retrieval/store/retrieval-error.js';
import { withHeartbeat } from '../with-heartbeat.js';
import type { RetrievalDependencies } from './retrieval.js';

export interface CreateKnowledgeBaseInput extends Partial<ChunkSettings> {
  readonly name: string;
  /** Default: true. Without vectors, documents are found only by their words, and ingestion is many times faster. */
  readonly vectors?: boolean;
}

/** Activities on task queue `colloquy/retrieval`. All are safe to repeat. */
export interface KnowledgeBaseActivities {
  /** Uses the embedding model of the worker. Fails with `Retrieval.ModelMismatch` if the knowledge base exists with another one. */
  createKnowledgeBase(
    input: CreateKnowledgeBaseInput,
  ): Promise<{ readonly created: boolean; readonly knowledgeBase: KnowledgeBaseInfo }>;
  listKnowledgeBases(): Promise<readonly KnowledgeBaseInfo[]>;
  /** Ordered by URI; at most a thousand. */
  listDocuments(input: ListDocumentsInput): Promise<readonly PublishedDocument[]>;
  removeDocument(input: { readonly name: string } & Pick<DocumentInfo, 'uri'>): Promise<{ readonly removed: boolean }>;
  deleteKnowledgeBase(input: { readonly name: string }): Promise<{ readonly deleted: boolean }>;
}

export interface ListDocumentsInput {
  readonly name: string;
  readonly uriPrefix?: string;
  /** URI of the last document of the previous page. */
  readonly after?: string;
  readonly limit?: number;
}

export function createKnowledgeBaseActivities({
  store,
  embeddingModel,
}: Pick<RetrievalDependencies, 'store' | 'embeddingModel'>): KnowledgeBaseActivities {
  return {
    createKnowledgeBase: ({ name, vectors = true, ...given }) =>
      withHeartbeat(async () => {
        const { chunkTokens = DEFAULT_CHUNK_TOKENS, overlapTokens = DEFAULT_OVERLAP_TOKENS } = given;
        const model = vectors
          ? await embeddingModel()
          : { modelId: NO_EMBEDDING_MODEL, dimensions: 0, maxTokens: 2048 };
        const { modelId: embeddingModelId, dimensions, maxTokens } = model;
        if (!(
          chunkTokens >= 16 &&
          chunkTokens <= maxTokens &&
          overlapTokens >= 0 &&
          overlapTokens <= chunkTokens / 2
        )) {
          throw new RetrievalError(
            'InvalidRequest',
            `Chunks of ${chunkTokens} tokens that overlap by ${overlapTokens} cannot be made: give 16 to ${maxTokens}, and at most half of it.`,
          );
        }
        const settings: ChunkSettings = { chunkTokens, overlapTokens };
        const { created } = await store.createKnowledgeBase({
          name,
          embeddingModelId,
          dimensions,
          settings: { ...settings },
        });
        return { created, knowledgeBase: await store.describeKnowledgeBase(name) };
      }),
    listKnowledgeBases: () => withHeartbeat(() => store.listKnowledgeBases()),
    listDocuments: ({ name, ...options }) => withHeartbeat(() => store.listDocuments(name, options)),
    removeDocument: ({ name, uri }) => withHeartbeat(() => store.removeDocument(name, uri)),
    deleteKnowledgeBase: ({ name }) => withHeartbeat(() => store.deleteKnowledgeBase(name)),
  };
}
