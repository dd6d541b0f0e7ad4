import type { SearchStatistics } from '../../domain/knowledge/answer-evidence.js';
import type { DocumentInfo, SearchRequest, SearchResult, TextChunk } from '../../domain/knowledge/retrieval.js';

export interface KnowledgeBaseSettings {
  readonly name: string;
  /** Cannot be changed, because vectors of different models cannot be compared. `NO_EMBEDDING_MODEL` if there are no vectors. */
  readonly embeddingModelId: string;
  /** 1 to 2,000; 0 for lexical search only, without vectors. */
  readonly dimensions: number;
  /** Data that the users of the store keep with it, JSON-safe, e.g. how documents are cut. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface KnowledgeBaseInfo extends Required<KnowledgeBaseSettings> {
  readonly createdAt: string;
  /** Published documents only; `chunks` also counts only these. */
  readonly documents: number;
  readonly chunks: number;
}

/** Model id of a knowledge base with 0 dimensions. */
export const NO_EMBEDDING_MODEL = 'none';

/** Identifies a version of a document. */
export type DocumentVersion = Pick<DocumentInfo, 'uri' | 'contentHash'>;

export interface PublishedDocument extends DocumentInfo {
  readonly chunks: number;
  readonly publishedAt: string;
}

export interface StagedChunk extends TextChunk {
  /** Must have the dimensions of the knowledge base; only its direction is stored. Missing if the knowledge base has no vectors. */
  readonly embedding?: ArrayLike<number>;
}

/** Extracts the terms for lexical search. A document and a query that should find it must get the same terms. */
export interface SearchTerms {
  /**
   * Must increase with each change to the other functions' results. A knowledge base stores the terms of its documents, and uses this
   * version to tell which of them are out of date.
   */
  readonly version: number;
  readonly documentTerms: (text: string) => string[];
  readonly queryTerms: (text: string) => string[];
  /** Terms with which a query finds documents of the previous version. */
  readonly formerQueryTerms?: (text: string) => string[];
}

export interface ListDocumentsOptions {
  readonly uriPrefix?: string;
  /** Only documents whose URI comes after this one, by code points. */
  readonly after?: string;
  /** 1 to 1,000. Default: 1,000. */
  readonly limit?: number;
}

/** The embedding of a query by the model of the knowledge bases. */
export interface QueryEmbedding {
  readonly modelId: string;
  readonly vector: ArrayLike<number>;
  /** Vectors of other parts of a long query. The nearest vector to a chunk determines its score. */
  readonly otherVectors?: readonly ArrayLike<number>[];
}

export interface StoreSearchResult extends Omit<SearchResult, 'isWeak'> {
  /** Statistics for judging the hits: see `evidenceOf`. */
  readonly statistics: SearchStatistics;
}

/**
 * Knowledge bases in PostgreSQL. A document is staged in batches, which searches do not see, and then published at once in place of its
 * previous version. If a process dies, the next one continues with the chunks that were staged.
 *
 * Every method throws `DatabaseError` if the database is the reason, and `RetrievalError` (`InvalidRequest`, `Retrieval.NotFound`, and
 * those listed with the method) if the request is. All methods can safely be repeated, also concurrently.
 */
export interface KnowledgeStore {
  /**
   * Leaves an existing knowledge base with the same model and dimensions unchanged.
   *
   * @throws {RetrievalError} `Retrieval.ModelMismatch`
   */
  createKnowledgeBase(settings: KnowledgeBaseSettings): Promise<{ readonly created: boolean }>;
  /** Ordered by name. */
  listKnowledgeBases(): Promise<KnowledgeBaseInfo[]>;
  describeKnowledgeBase(name: string): Promise<KnowledgeBaseInfo>;
  deleteKnowledgeBase(name: string): Promise<{ readonly deleted: boolean }>;

  /** Ordered by URI. */
  listDocuments(name: string, options?: ListDocumentsOptions): Promise<PublishedDocument[]>;
  findDocument(name: string, uri: string): Promise<PublishedDocument | undefined>;
  /** Also removes its staged chunks. */
  removeDocument(name: string, uri: string): Promise<{ readonly removed: boolean }>;

  /**
   * Tells what remains to be done for a version of a document, before any work on it. `unchanged`: the same `reader` has read this version
   * and it is published; its title, media type and metadata are updated to those given. Otherwise `nextChunk` is the first index that is
   * not staged. The caller must cut the text in the same way as for the chunks already staged.
   */
  beginDocument(
    name: string,
    document: DocumentInfo,
  ): Promise<{ readonly state: 'unchanged' } | { readonly state: 'staging'; readonly nextChunk: number }>;
  /**
   * Stages all of the chunks or none. Those that are staged already stay unchanged.
   *
   * @throws {RetrievalError} `Retrieval.ModelMismatch` for other dimensions, `Retrieval.Superseded`
   */
  stageChunks(
    name: string,
    version: DocumentVersion,
    chunks: readonly StagedChunk[],
  ): Promise<{ readonly added: number }>;
  /**
   * @param chunkCount number of chunks of the whole document
   * @throws {RetrievalError} `Retrieval.Incomplete`, `Retrieval.Superseded`
   */
  publishDocument(name: string, version: DocumentVersion, chunkCount: number): Promise<{ readonly replaced: boolean }>;
  /** Removes versions for which nothing has been staged for this long. Default: an hour. @returns how many */
  removeAbandoned(name: string, options?: { readonly idleMs?: number }): Promise<{ readonly removed: number }>;
  /**
   * Call this after loading, or after each document. Small knowledge bases are searched without a vector index; a large one gets one here,
   * which takes minutes for 100,000 chunks. Building it once over all chunks costs less than growing it with each chunk, but meanwhile
   * other users of the embedded database wait, and get `Database.Unreachable` after 10 seconds. If this is called after each document, the
   * index is built while it is small, and grows. Does nothing if the index exists or there are no vectors.
   */
  prepareIndex(name: string): Promise<{ readonly indexed: boolean }>;

  /**
   * Recomputes the terms of documents with an earlier `SearchTerms.version`, a few documents at a time. Meanwhile searches find documents
   * of both versions. `search` and `beginDocument` start this in the background when it is needed.
   *
   * @returns number of documents that were renewed
   */
  renewTerms(name: string): Promise<{ readonly documents: number }>;

  /**
   * Fuses BM25 and vectors by reciprocal rank. A knowledge base that cannot be searched is listed in `failures`; if none can be searched,
   * the first reason is thrown. This method does not do the stage `rerank`.
   *
   * @param queryEmbedding required for the stage `vector`; without it, the default stages do not include `vector`
   * @throws {RetrievalError} `Retrieval.ModelMismatch`
   */
  search(request: SearchRequest, queryEmbedding?: QueryEmbedding): Promise<StoreSearchResult>;
}
