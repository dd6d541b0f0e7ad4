import type { Migration } from '../migrate.js';

export const transcripts: Migration = {
  number: 1,
  name: 'transcripts',
  statements: [
    `create table colloquy.turns (
      session_id text not null,
      turn integer not null check (turn >= 1),
      parent integer check (parent >= 1 and parent < turn),
      message_id text not null,
      sent_at timestamptz not null,
      content jsonb not null,
      content_bytes integer not null,
      primary key (session_id, turn)
    )`,
    `create index turns_message on colloquy.turns (session_id, message_id)`,
    `create table colloquy.usage (
      user_id text not null,
      session_id text not null,
      turn integer not null,
      answered_at timestamptz not null,
      input_tokens integer not null,
      cached_input_tokens integer not null,
      output_tokens integer not null,
      duration_ms double precision not null,
      primary key (session_id, turn)
    )`,
    `create index usage_user on colloquy.usage (user_id, answered_at)`,
  ],
};
