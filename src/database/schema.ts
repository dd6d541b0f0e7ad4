import type { ColumnType, Generated } from 'kysely';

/** The tables, as the newest migration leaves them. All are in the schema `colloquy`, so that a server may hold others. */
export interface DatabaseSchema {
  readonly 'colloquy.migrations': MigrationsTable;
  readonly 'colloquy.turns': TurnsTable;
  readonly 'colloquy.usage': UsageTable;
  /** This and the next only after `migrateKnowledge`. */
  readonly 'colloquy.knowledge_bases': KnowledgeBasesTable;
  readonly 'colloquy.documents': DocumentsTable;
}

export interface MigrationsTable {
  readonly number: number;
  readonly name: string;
  readonly applied_at: Generated<Date>;
}

/** Closed turns of sessions. Strings are kept as `storable-text.ts` writes them. */
export interface TurnsTable {
  readonly session_id: string;
  readonly turn: number;
  /** Smaller than `turn`; null for a first turn. */
  readonly parent: number | null;
  readonly message_id: string;
  readonly sent_at: Date;
  /** The turn as JSON, whole. Written and read as text: see `storable-text.ts`. */
  readonly content: ColumnType<unknown, string, never>;
  /** Of `content` as text, for paging without reading it. */
  readonly content_bytes: number;
}

/** What answers cost, one row an answer. It outlives the transcript: it holds no text. */
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

/** Each has three tables of its own beside: see `retrieval/store/knowledge-tables.ts`. */
export interface KnowledgeBasesTable {
  readonly id: Generated<number>;
  readonly name: string;
  readonly embedding_model_id: string;
  readonly dimensions: number;
  /** JSON, as `storable-text.ts` writes it. */
  readonly settings: ColumnType<unknown, string, string>;
  readonly created_at: Generated<Date>;
  /** Of published documents, changed in the transaction that publishes or removes; so are the next two. */
  readonly documents: Generated<number>;
  readonly chunks: Generated<number>;
  /** With repetitions. `bigint` as text. */
  readonly terms: ColumnType<string, never, string>;
}

/** Versions of documents: of each URI at most one that is published, and any number that are staged. */
export interface DocumentsTable {
  readonly id: Generated<number>;
  readonly knowledge_base: number;
  readonly uri: string;
  /** SHA-256 of the URI: a long URI fits no index. */
  readonly uri_hash: string;
  readonly content_hash: string;
  /** `DocumentInfo` as JSON, as `storable-text.ts` writes it. */
  readonly info: ColumnType<unknown, string, string>;
  readonly metadata: ColumnType<unknown, string, string>;
  readonly is_published: Generated<boolean>;
  readonly chunks: Generated<number>;
  readonly terms: ColumnType<string, never, string>;
  /** Of the rules by which its words are in the postings: see `domain/words/search-terms.ts`. */
  readonly terms_version: Generated<number>;
  /** When something of it was staged last, or it was published. */
  readonly touched_at: Generated<Date>;
}
