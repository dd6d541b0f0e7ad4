import type { SearchStatistics } from '../../domain/knowledge/answer-evidence.js';
import type { DocumentInfo, SearchRequest, SearchResult, TextChunk } from '../../domain/knowledge/retrieval.js';

export interface KnowledgeBaseSettings {
  readonly name: string;
  /** Fixed: vectors of different models cannot be compared. `NO_EMBEDDING_MODEL` where there are none. */
  readonly embeddingModelId: string;
  /** 1 to 2,000; 0 for words alone, without vectors. */
  readonly dimensions: number;
  /** What its users keep with it, JSON-safe: e.g. how documents are cut. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface KnowledgeBaseInfo extends Required<KnowledgeBaseSettings> {
  readonly createdAt: string;
  /** Those that are published; so with the chunks. */
  readonly documents: number;
  readonly chunks: number;
}

/** What stands for the model of a knowledge base of 0 dimensions. */
export const NO_EMBEDDING_MODEL = 'none';

/** Names a version of a document. */
export type DocumentVersion = Pick<DocumentInfo, 'uri' | 'contentHash'>;

export interface PublishedDocument extends DocumentInfo {
  readonly chunks: number;
  readonly publishedAt: string;
}

export interface StagedChunk extends TextChunk {
  /** Of the length that the knowledge base was made for; its direction is kept. Missing where it has no vectors. */
  readonly embedding?: ArrayLike<number>;
}

/** What stands in a text for lexical search: the same terms in a document as in a query that should find it. */
export interface SearchTerms {
  /** Larger after each change of what the others give. A knowledge base keeps the terms of its documents, and is told by it which are out of date. */
  readonly version: number;
  readonly documentTerms: (text: string) => string[];
  readonly queryTerms: (text: string) => string[];
  /** Under which a query finds documents of the version before. */
  readonly formerQueryTerms?: (text: string) => string[];
}

export interface ListDocumentsOptions {
  readonly uriPrefix?: string;
  /** Those whose URI comes after this one, by code points. */
  readonly after?: string;
  /** 1 to 1,000. Default: 1,000. */
  readonly limit?: number;
}

/** The query as the embedding model of the knowledge bases sees it. */
export interface QueryEmbedding {
  readonly modelId: string;
  readonly vector: ArrayLike<number>;
  /** Of other parts of a long query: a chunk is as near as to the nearest of all. */
  readonly otherVectors?: readonly ArrayLike<number>[];
}

export interface StoreSearchResult extends Omit<SearchResult, 'isWeak'> {
  /** By which the hits can be judged: see `evidenceOf`. */
  readonly statistics: SearchStatistics;
}

/**
 * Knowledge bases in PostgreSQL. A document is staged in batches, which nobody sees, and then published at once in place of its former
 * version; whatever was staged when a process died is there for the next one.
 *
 * Every method throws `DatabaseError` when the database is the reason, `RetrievalError` (`InvalidRequest`, `Retrieval.NotFound`, and what
 * the method names) when the request is. It is safe to repeat any of them, also at the same time.
 */
export interface KnowledgeStore {
  /**
   * One that is there with the same model and dimensions is left as it is.
   *
   * @throws {RetrievalError} `Retrieval.ModelMismatch`
   */
  createKnowledgeBase(settings: KnowledgeBaseSettings): Promise<{ readonly created: boolean }>;
  /** By name. */
  listKnowledgeBases(): Promise<KnowledgeBaseInfo[]>;
  describeKnowledgeBase(name: string): Promise<KnowledgeBaseInfo>;
  deleteKnowledgeBase(name: string): Promise<{ readonly deleted: boolean }>;

  /** By URI. */
  listDocuments(name: string, options?: ListDocumentsOptions): Promise<PublishedDocument[]>;
  findDocument(name: string, uri: string): Promise<PublishedDocument | undefined>;
  /** With all that is staged of it. */
  removeDocument(name: string, uri: string): Promise<{ readonly removed: boolean }>;

  /**
   * Tells what is left to do for a version of a document, before any work is done for it. `unchanged`: it is published already, read by the same `reader`; title,
   * media type and metadata are now those given. Else `nextChunk` is the first index that is not staged; whoever stages must cut the text
   * as those before did.
   */
  beginDocument(
    name: string,
    document: DocumentInfo,
  ): Promise<{ readonly state: 'unchanged' } | { readonly state: 'staging'; readonly nextChunk: number }>;
  /**
   * All of them or none. Those that are staged already stay as they are.
   *
   * @throws {RetrievalError} `Retrieval.ModelMismatch` for other dimensions, `Retrieval.Superseded`
   */
  stageChunks(
    name: string,
    version: DocumentVersion,
    chunks: readonly StagedChunk[],
  ): Promise<{ readonly added: number }>;
  /**
   * @param chunkCount all that the document has
   * @throws {RetrievalError} `Retrieval.Incomplete`, `Retrieval.Superseded`
   */
  publishDocument(name: string, version: DocumentVersion, chunkCount: number): Promise<{ readonly replaced: boolean }>;
  /** Removes versions of which nothing was staged for so long. Default: an hour. @returns how many */
  removeAbandoned(name: string, options?: { readonly idleMs?: number }): Promise<{ readonly removed: number }>;
  /**
   * To be called after loading, or after each document. Small knowledge bases are searched without an index of vectors; a large one is given it, which takes
   * minutes for 100,000 chunks: made once over all of them, it costs less than if it grew with each. Whoever else uses the embedded
   * database waits meanwhile, and is told `Database.Unreachable` after 10 seconds: called after each document, it is made while it is
   * small, and grows. Does nothing where it is there, or where there are no vectors.
   */
  prepareIndex(name: string): Promise<{ readonly indexed: boolean }>;

  /**
   * Makes the words anew under which documents of an earlier `SearchTerms.version` are found, some documents at a time. Whoever searches
   * meanwhile finds both. `search` and `beginDocument` begin it by themselves, in the background, where it is needed.
   *
   * @returns how many documents it was for
   */
  renewTerms(name: string): Promise<{ readonly documents: number }>;

  /**
   * BM25 and vectors, fused by reciprocal rank. A knowledge base that cannot be searched is among the failures, unless all are: then the
   * first reason is thrown. `rerank` is not done here.
   *
   * @param queryEmbedding needed for the stage `vector`, which is left out by default where this is
   * @throws {RetrievalError} `Retrieval.ModelMismatch`
   */
  search(request: SearchRequest, queryEmbedding?: QueryEmbedding): Promise<StoreSearchResult>;
}
