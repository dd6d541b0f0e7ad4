import { sql } from 'kysely';
import type { Database } from '../database/connect-database.js';
import { fromStorableJson, toStorableText } from '../database/storable-text.js';
import { MAX_ARCHIVE_PAGE_BYTES } from '../domain/session/archive.js';
import type {
  ArchivedPath,
  ArchivedPathRequest,
  ArchivedTurn,
  ArchivedTurnsPage,
  ArchivedTurnsRequest,
  UserUsage,
} from '../domain/session/archive.js';
import { appendTurns, insertUsage } from './append-turns.js';

/** Closed turns of sessions, stored as long as the database exists, across the runs of a session's workflow and beyond its end. */
export interface TranscriptArchive {
  /**
   * Appends all of the turns or none. Repeating the call, even concurrently, changes nothing: the usage of the answers is counted once, for
   * the `userId` of the first call.
   *
   * @throws {ArchiveError} `Archive.Conflict` if a turn of that number exists with different content
   */
  appendTurns(
    sessionId: string,
    turns: readonly ArchivedTurn[],
    options?: { readonly userId?: string },
  ): Promise<{ readonly added: number }>;
  readTurns(sessionId: string, request?: Omit<ArchivedTurnsRequest, 'sessionId'>): Promise<ArchivedTurnsPage>;
  readPath(
    sessionId: string,
    head: number,
    request?: Omit<ArchivedPathRequest, 'sessionId' | 'head'>,
  ): Promise<ArchivedPath>;
  /** The number of the first turn that this message made. */
  findMessage(sessionId: string, messageId: string): Promise<number | undefined>;
  countTurns(sessionId: string): Promise<number>;
  /** The user for whom the usage of the session's answers is counted; undefined if none is counted. */
  ownerOf(sessionId: string): Promise<string | undefined>;
  /**
   * Deletes the turns but keeps the usage, which contains no text, so that forgetting a session does not change the accounts.
   *
   * @returns the number of deleted turns
   */
  deleteSession(sessionId: string): Promise<number>;
  /** Counts the answers of turns that are not archived yet. When they are archived later, they are not counted again. */
  recordUsage(sessionId: string, turns: readonly ArchivedTurn[], options: { readonly userId: string }): Promise<void>;
  /** @param since counts only answers from this time on; default: all. */
  usageOfUser(userId: string, since?: Date): Promise<UserUsage>;
}

/** Every method throws `DatabaseError` if the database is the cause, and is safe to repeat. */
export function createTranscriptArchive(database: Database): TranscriptArchive {
  return {
    appendTurns: (sessionId, turns, options = {}) => appendTurns(database, sessionId, turns, options),

    async readTurns(sessionId, { fromTurn = 1, toTurn = MAX_INTEGER, limitBytes = MAX_ARCHIVE_PAGE_BYTES } = {}) {
      // Limits the rows considered, because each page would otherwise read the rest of the session.
      const { rows } = await database.use((kysely) =>
        sql<{ content: string; next_turn: number | null }>`
          select content::text as content, next_turn
          from (
            select turn, content, content_bytes,
              sum(content_bytes) over (order by turn) as total_bytes,
              lead(turn) over (order by turn) as next_turn,
              row_number() over (order by turn) as position
            from (
              select turn, content, content_bytes from colloquy.turns
              where session_id = ${toStorableText(sessionId)} and turn between ${toInteger(fromTurn)} and ${toInteger(toTurn)}
              order by turn limit ${MAX_PAGE_TURNS + 1}
            ) as candidates
          ) as measured
          where position <= ${MAX_PAGE_TURNS} and (position = 1 or total_bytes <= ${limitBytes})
          order by turn`.execute(kysely),
      );
      const nextTurn = rows.at(-1)?.next_turn ?? undefined;
      return { turns: rows.map(parseTurn), ...(nextTurn !== undefined && { nextTurn }) };
    },

    async readPath(sessionId, head, { limit = MAX_PAGE_TURNS, limitBytes = MAX_ARCHIVE_PAGE_BYTES } = {}) {
      const session = toStorableText(sessionId);
      const { rows } = await database.use((kysely) =>
        sql<{ content: string; parent: number | null }>`
          with recursive path as (
            select turn, parent, content_bytes, content_bytes::bigint as total_bytes, 1 as position
            from colloquy.turns where session_id = ${session} and turn = ${toInteger(head)}
            union all
            select older.turn, older.parent, older.content_bytes, path.total_bytes + older.content_bytes, path.position + 1
            from path join colloquy.turns as older on older.session_id = ${session} and older.turn = path.parent
            where path.position < ${toInteger(limit)} and path.total_bytes + older.content_bytes <= ${limitBytes}
          )
          select turns.content::text as content, path.parent
          from path join colloquy.turns as turns on turns.session_id = ${session} and turns.turn = path.turn
          order by path.turn`.execute(kysely),
      );
      const olderTurn = rows[0]?.parent ?? undefined;
      return { turns: rows.map(parseTurn), ...(olderTurn !== undefined && { olderTurn }) };
    },

    async findMessage(sessionId, messageId) {
      const row = await database.use((kysely) =>
        kysely
          .selectFrom('colloquy.turns')
          .select(({ fn }) => fn.min('turn').as('turn'))
          .where('session_id', '=', toStorableText(sessionId))
          .where('message_id', '=', toStorableText(messageId))
          .executeTakeFirst(),
      );
      return row?.turn ?? undefined;
    },

    async countTurns(sessionId) {
      const row = await database.use((kysely) =>
        kysely
          .selectFrom('colloquy.turns')
          .select(({ fn }) => fn.countAll().as('count'))
          .where('session_id', '=', toStorableText(sessionId))
          .executeTakeFirstOrThrow(),
      );
      return Number(row.count);
    },

    async ownerOf(sessionId) {
      const row = await database.use((kysely) =>
        kysely
          .selectFrom('colloquy.usage')
          .select('user_id')
          .where('session_id', '=', toStorableText(sessionId))
          .orderBy('turn')
          .limit(1)
          .executeTakeFirst(),
      );
      return row?.user_id;
    },

    async deleteSession(sessionId) {
      const { numDeletedRows } = await database.use((kysely) =>
        kysely
          .deleteFrom('colloquy.turns')
          .where('session_id', '=', toStorableText(sessionId))
          .executeTakeFirstOrThrow(),
      );
      return Number(numDeletedRows);
    },

    recordUsage: (sessionId, turns, { userId }) =>
      database.use((kysely) => insertUsage(kysely, sessionId, userId, turns)),

    async usageOfUser(userId, since) {
      const row = await database.use((kysely) =>
        kysely
          .selectFrom('colloquy.usage')
          .select(({ fn }) => [
            fn.countAll().as('answers'),
            fn.sum('input_tokens').as('input'),
            fn.sum('cached_input_tokens').as('cached'),
            fn.sum('output_tokens').as('output'),
            fn.sum('duration_ms').as('duration'),
          ])
          .where('user_id', '=', toStorableText(userId))
          .$if(since !== undefined, (query) => query.where('answered_at', '>=', since ?? new Date(0)))
          .executeTakeFirstOrThrow(),
      );
      return {
        answers: Number(row.answers),
        inputTokens: Number(row.input),
        cachedInputTokens: Number(row.cached),
        outputTokens: Number(row.output),
        durationMs: Number(row.duration),
      };
    },
  };
}

const MAX_PAGE_TURNS = 1_000;
/** PostgreSQL's largest `integer`. */
const MAX_INTEGER = 2 ** 31 - 1;

function toInteger(value: number): number {
  return Math.min(Math.max(Math.trunc(value), 0), MAX_INTEGER);
}

function parseTurn({ content }: { readonly content: string }): ArchivedTurn {
  return JSON.parse(fromStorableJson(content));
}
