import type { ColumnType, Generated } from 'kysely';

/** The tables, as the newest migration leaves them. All are in the schema `colloquy`, so that a server may hold others. */
export interface DatabaseSchema {
  readonly 'colloquy.migrations': MigrationsTable;
  readonly 'colloquy.turns': TurnsTable;
  readonly 'colloquy.usage': UsageTable;
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
