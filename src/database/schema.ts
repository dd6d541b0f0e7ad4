import type { ColumnType, Generated } from 'kysely';

/** The tables after the newest migration. All are in the schema `colloquy`, so that a server may hold other data too. */
export interface DatabaseSchema {
  readonly 'colloquy.migrations': MigrationsTable;
  readonly 'colloquy.turns': TurnsTable;
  readonly 'colloquy.usage': UsageTable;
  /** This table and the next exist only after `migrateKnowledge`. */
  readonly 'colloquy.knowledge_bases': KnowledgeBasesTable;
  readonly 'colloquy.documents': DocumentsTable;
}

export interface MigrationsTable {
  readonly number: number;
  readonly name: string;
  readonly applied_at: Generated<Date>;
}

/** Closed turns of sessions. Strings are stored in the form of `storable-text.ts`. */
export interface TurnsTable {
  readonly session_id: string;
  readonly turn: number;
  /** Smaller than `turn`; null for a first turn. */
  readonly parent: number | null;
  readonly message_id: string;
  readonly sent_at: Date;
  /** The whole turn as JSON. Written and read as text: see `storable-text.ts`. */
  readonly content: ColumnType<unknown, string, never>;
  /** Size of `content` as text, which allows paging without reading it. */
  readonly content_bytes: number;
}

/** The usage of answers, one row per answer. It outlives the transcript, because it contains no text. */
export interface UsageTable {
  readonly user_id: string;
  readonly session_id: string;
  readonly turn: number;
  readonly answered_at: Date;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly duration_ms: number;
}

/** Each knowledge base also has three tables of its own: see `retrieval/store/knowledge-tables.ts`. */
export interface KnowledgeBasesTable {
  readonly id: Generated<number>;
  readonly name: string;
  readonly embedding_model_id: string;
  readonly dimensions: number;
  /** JSON in the form of `storable-text.ts`. */
  readonly settings: ColumnType<unknown, string, string>;
  readonly created_at: Generated<Date>;
  /** Number of published documents, updated in the transaction that publishes or removes one; the same holds for the next two columns. */
  readonly documents: Generated<number>;
  readonly chunks: Generated<number>;
  /** Counts repetitions. A `bigint` as text. */
  readonly terms: ColumnType<string, never, string>;
}

/** Versions of documents. Each URI has at most one published version, and any number of staged ones. */
export interface DocumentsTable {
  readonly id: Generated<number>;
  readonly knowledge_base: number;
  readonly uri: string;
  /** SHA-256 of the URI, because a long URI does not fit in an index. */
  readonly uri_hash: string;
  readonly content_hash: string;
  /** `DocumentInfo` as JSON, in the form of `storable-text.ts`. */
  readonly info: ColumnType<unknown, string, string>;
  readonly metadata: ColumnType<unknown, string, string>;
  readonly is_published: Generated<boolean>;
  readonly chunks: Generated<number>;
  readonly terms: ColumnType<string, never, string>;
  /** Version of the rules by which its terms are in the postings: see `domain/words/search-terms.ts`. */
  readonly terms_version: Generated<number>;
  /** When a part of it was last staged, or when it was published. */
  readonly touched_at: Generated<Date>;
}
