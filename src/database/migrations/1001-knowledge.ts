import type { Migration } from '../migrate.js';

/** Needs pgvector: see `migrate-knowledge.ts`. */
export const knowledge: Migration = {
  number: 1001,
  name: 'knowledge',
  statements: [
    `create extension if not exists vector`,
    `create table colloquy.knowledge_bases (
      id integer generated always as identity primary key,
      name text collate "C" not null unique,
      embedding_model_id text not null,
      dimensions integer not null,
      settings jsonb not null,
      created_at timestamptz not null default now(),
      documents integer not null default 0 check (documents >= 0),
      chunks integer not null default 0 check (chunks >= 0),
      terms bigint not null default 0 check (terms >= 0)
    )`,
    `create table colloquy.documents (
      id integer generated always as identity primary key,
      knowledge_base integer not null references colloquy.knowledge_bases on delete cascade,
      uri text collate "C" not null,
      uri_hash text collate "C" not null,
      content_hash text collate "C" not null,
      info jsonb not null,
      metadata jsonb not null,
      is_published boolean not null default false,
      chunks integer not null default 0,
      terms bigint not null default 0,
      touched_at timestamptz not null default now()
    )`,
    `create unique index documents_published on colloquy.documents (knowledge_base, uri_hash) where is_published`,
    `create unique index documents_staged on colloquy.documents (knowledge_base, uri_hash, content_hash) where not is_published`,
  ],
};
