import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../database/connect-database.js';
import type { DatabaseSchema } from '../database/schema.js';
import { toStorableJson, toStorableText } from '../database/storable-text.js';
import type { ArchivedTurn } from '../domain/session/archive.js';
import { utf8Length } from '../domain/text.js';
import { ArchiveError } from './archive-error.js';

/** Maximum size of the JSON in one statement, which limits its number of rows. */
const MAX_STATEMENT_BYTES = 4_000_000;

/** Implements `TranscriptArchive.appendTurns`. */
export async function appendTurns(
  database: Database,
  sessionId: string,
  turns: readonly ArchivedTurn[],
  { userId }: { readonly userId?: string },
): Promise<{ added: number }> {
  turns.forEach(refuseMalformed);
  if (turns.length === 0) return { added: 0 };
  // Sorted, so that two calls with the same turns lock them in the same order and cannot deadlock.
  const rows = turns.toSorted((a, b) => a.turn - b.turn).map(toRow);
  return database.use((kysely) =>
    kysely.transaction().execute(async (transaction) => {
      let added = 0;
      for (const batch of splitBatches(rows)) added += await insertTurns(transaction, sessionId, batch);
      if (userId !== undefined) await insertUsage(transaction, sessionId, userId, turns);
      return { added };
    }),
  );
}

function refuseMalformed({ turn, parent, messageId, sentAt }: ArchivedTurn): void {
  const isParent = Number.isInteger(parent) && parent >= 0 && parent < turn;
  const fault = !Number.isInteger(turn) || turn < 1 ? '"turn" must be a whole number from 1' : undefined;
  const parentFault = isParent ? undefined : '"parent" must be the number of an earlier turn, or 0';
  const idFault = typeof messageId === 'string' ? undefined : '"messageId" must be a string';
  const timeFault = Number.isNaN(Date.parse(sentAt)) ? '"sentAt" must be a time in ISO 8601' : undefined;
  const first = fault ?? parentFault ?? idFault ?? timeFault;
  if (first !== undefined) throw new ArchiveError('InvalidRequest', `Turn ${turn} cannot be archived: ${first}.`);
}

interface Row {
  readonly turn: number;
  readonly parent: number | null;
  readonly messageId: string;
  readonly sentAt: string;
  readonly content: string;
  readonly bytes: number;
}

function toRow(turn: ArchivedTurn): Row {
  const content = toStorableJson(turn);
  return {
    turn: turn.turn,
    parent: turn.parent === 0 ? null : turn.parent,
    messageId: toStorableText(turn.messageId),
    sentAt: turn.sentAt,
    content,
    bytes: utf8Length(content),
  };
}

function* splitBatches(rows: readonly Row[]): Generator<readonly Row[]> {
  let batch: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (batch.length > 0 && bytes + row.bytes > MAX_STATEMENT_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += row.bytes;
  }
  yield batch;
}

async function insertTurns(
  transaction: Transaction<DatabaseSchema>,
  sessionId: string,
  rows: readonly Row[],
): Promise<number> {
  const session = toStorableText(sessionId);
  // All rows are one parameter; their contents are already JSON, embedded in this JSON.
  const given = `[${rows.map(({ content, ...keys }) => `{"keys":${JSON.stringify(keys)},"content":${content}}`).join(',')}]`;
  const { numAffectedRows = 0n } = await sql`
    insert into colloquy.turns (session_id, turn, parent, message_id, sent_at, content, content_bytes)
    select ${session}, key.turn, key.parent, key."messageId", key."sentAt", given.content, key.bytes
    from jsonb_to_recordset(${given}::jsonb) as given(keys jsonb, content jsonb),
      jsonb_to_record(given.keys) as key(turn integer, parent integer, "messageId" text, "sentAt" timestamptz, bytes integer)
    order by key.turn
    on conflict (session_id, turn) do nothing`.execute(transaction);
  const added = Number(numAffectedRows);
  if (added < rows.length) await refuseConflicts(transaction, session, given, sessionId);
  return added;
}

/**
 * Checks that turns which were already there are the same. This needs a second statement, because the first may have
 * waited for another call that inserted them.
 */
async function refuseConflicts(
  kysely: Kysely<DatabaseSchema>,
  session: string,
  given: string,
  sessionId: string,
): Promise<void> {
  const { rows } = await sql<{ turn: number }>`
    select there.turn
    from jsonb_to_recordset(${given}::jsonb) as given(content jsonb)
    join colloquy.turns as there on there.session_id = ${session} and there.turn = (given.content ->> 'turn')::integer
    where there.content <> given.content
    order by there.turn limit 5`.execute(kysely);
  if (rows.length === 0) return;
  const numbers = [...new Set(rows.map(({ turn }) => turn))].join(', ');
  throw new ArchiveError(
    'Archive.Conflict',
    `Session "${sessionId}": turn ${numbers} is archived with another content, and was left as it is. ` +
      'A turn is archived when it is closed and changes no more; a new version of it is a new turn with the same parent.',
  );
}

/** Counts the usage of answers for a user; answers that are already counted stay unchanged. */
export async function insertUsage(
  transaction: Kysely<DatabaseSchema>,
  sessionId: string,
  userId: string,
  turns: readonly ArchivedTurn[],
): Promise<void> {
  const rows = turns.flatMap(({ turn, answer }) => {
    if (answer === undefined) return [];
    const { inputTokens, cachedInputTokens, outputTokens, durationMs } = answer.usage;
    return [{ turn, answeredAt: answer.answeredAt, inputTokens, cachedInputTokens, outputTokens, durationMs }];
  });
  if (rows.length === 0) return;
  await sql`
    insert into colloquy.usage
      (user_id, session_id, turn, answered_at, input_tokens, cached_input_tokens, output_tokens, duration_ms)
    select ${toStorableText(userId)}, ${toStorableText(sessionId)}, given.turn, given."answeredAt",
      given."inputTokens", given."cachedInputTokens", given."outputTokens", given."durationMs"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(turn integer, "answeredAt" timestamptz,
      "inputTokens" integer, "cachedInputTokens" integer, "outputTokens" integer, "durationMs" double precision)
    order by given.turn
    on conflict (session_id, turn) do nothing`.execute(transaction);
}
