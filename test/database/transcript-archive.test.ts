import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArchiveError } from '../../src/archive/archive-error.js';
import { createTranscriptArchive } from '../../src/archive/transcript-archive.js';
import type { TranscriptArchive } from '../../src/archive/transcript-archive.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { DatabaseError } from '../../src/database/database-error.js';
import { migrate } from '../../src/database/migrate.js';
import type { Migration } from '../../src/database/migrate.js';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import type { ArchivedTurn } from '../../src/domain/session/archive.js';
import { archivedTurn, archivedTurns } from '../support/archived-turn.js';
import { NO_POSTGRES, findPostgres } from '../support/postgres-server.js';
import { startEmbedded, startServer } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

const hasServer = findPostgres() !== undefined;
// In CI a server is there: .ci/run sees to it. A skipped ring would look like a green one.
if (!hasServer && process.env.CI !== undefined) throw new Error(NO_POSTGRES);

describe('the archive on the embedded database', () => {
  suite(startEmbedded);
});

describe.skipIf(!hasServer)(`the archive on a PostgreSQL server${hasServer ? '' : `: ${NO_POSTGRES}`}`, () => {
  suite(startServer);
});

/** One suite for both: what works on one machine works in a deployment. */
function suite(start: () => Promise<TestDatabase>): void {
  let running: TestDatabase;
  let database: Database;
  let archive: TranscriptArchive;
  beforeAll(async () => {
    running = await start();
    database = connectDatabase(running.address);
    archive = createTranscriptArchive(database);
  });
  afterAll(async () => {
    await database.close();
    await running.stop();
  });
  const newId = (): string => `session-${randomUUID()}`;

  test('migrations run once, however many processes start at once, and again without effect', async () => {
    const others = Array.from({ length: 5 }, () => connectDatabase(running.address));
    try {
      await Promise.all(others.map((each) => createTranscriptArchive(each).countTurns('any')));
      await database.use((kysely) => migrate(kysely, MIGRATIONS));
      const rows = await database.use((kysely) =>
        kysely.selectFrom('colloquy.migrations').select('number').orderBy('number').execute(),
      );
      expect(rows.map(({ number }) => number)).toEqual(MIGRATIONS.map(({ number }) => number));
    } finally {
      await Promise.all(others.map((each) => each.close()));
    }
  });

  test('a migration that fails leaves nothing of itself, nor of those before it', async () => {
    const step = (number: number, ...statements: string[]): Migration => ({
      number,
      name: `test ${number}`,
      statements,
    });
    const failing = [step(901, 'create table colloquy.half (a integer)'), step(902, 'select nonsense')];
    await expect(database.use((kysely) => migrate(kysely, failing))).rejects.toThrow(/"?nonsense"? does not exist/u);
    const { rows } = await database.use((kysely) =>
      sql`select to_regclass('colloquy.half') as half, (select count(*)::int from colloquy.migrations where number > 900) as steps`.execute(
        kysely,
      ),
    );
    expect(rows).toEqual([{ half: null, steps: 0 }]);
  });

  test('turns come back as they were, whatever else is in them', async () => {
    const id = newId();
    const turns = [
      archivedTurn(1, { answer: undefined, failure: { type: 'Model.ContextOverflow', message: 'too long' } }),
      archivedTurn(2, {
        toolCalls: [
          { callId: '2.1', tool: 'search', arguments: { query: '"x"', limit: 1e21 }, state: 'done', startedAt: '' },
        ],
      }),
      archivedTurn(7, { parent: 2 }),
    ];
    expect(await archive.appendTurns(id, turns)).toEqual({ added: 3 });
    expect(await archive.readTurns(id)).toEqual({ turns: JSON.parse(JSON.stringify(turns)) });
    expect(await archive.countTurns(id)).toBe(3);
    expect(await archive.findMessage(id, 'message-7')).toBe(7);
    expect(await archive.findMessage(id, 'message-8')).toBeUndefined();
    expect(await archive.findMessage(newId(), 'message-7')).toBeUndefined();
  });

  test('nothing archived is nothing, not an error', async () => {
    const id = newId();
    expect(await archive.appendTurns(id, [])).toEqual({ added: 0 });
    expect(await archive.readTurns(id)).toEqual({ turns: [] });
    expect(await archive.readPath(id, 5)).toEqual({ turns: [] });
    expect(await archive.countTurns(id)).toBe(0);
    expect(await archive.deleteSession(id)).toBe(0);
  });

  test('each turn is kept exactly once, from 20 calls at the same time with overlapping turns in any order', async () => {
    const id = newId();
    const userId = newId();
    const turns = archivedTurns(100);
    const calls = Array.from({ length: 20 }, (_, call) => {
      const part = turns.slice(call * 4, call * 4 + 24);
      return archive.appendTurns(id, call % 2 === 0 ? part : part.toReversed(), { userId });
    });
    const results = await Promise.all(calls);
    expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(100);
    expect((await archive.readTurns(id)).turns).toEqual(turns);
    expect(await archive.usageOfUser(userId)).toEqual({
      answers: 100,
      inputTokens: 10_000,
      cachedInputTokens: 6_000,
      outputTokens: 1_000,
      durationMs: 1_250,
    });
  });

  test('another content for a turn is refused with all that came with it, and the first stays', async () => {
    const id = newId();
    await archive.appendTurns(id, archivedTurns(3));
    const changed = [archivedTurn(4), archivedTurn(2, { text: 'something else' }), archivedTurn(3)];
    const refused = archive.appendTurns(id, changed);
    await expect(refused).rejects.toBeInstanceOf(ArchiveError);
    await expect(refused).rejects.toMatchObject({
      type: 'Archive.Conflict',
      message: expect.stringContaining('turn 2 is'),
    });
    await expect(archive.appendTurns(newId(), [archivedTurn(1), archivedTurn(1, { text: 'b' })])).rejects.toMatchObject(
      {
        type: 'Archive.Conflict',
      },
    );
    expect((await archive.readTurns(id)).turns).toEqual(archivedTurns(3));
  });

  test('of two that archive another content at the same time, one is told', async () => {
    for (let round = 0; round < 10; round++) {
      const id = newId();
      const outcomes = await Promise.allSettled(
        ['a', 'b'].map((text) => archive.appendTurns(id, [archivedTurn(1), archivedTurn(2, { text })])),
      );
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await archive.countTurns(id)).toBe(2);
    }
  });

  test.each([
    [{ turn: 0 }, /"turn" must be/u],
    [{ turn: 1.5, parent: 0 }, /"turn" must be/u],
    [{ parent: 2 }, /"parent" must be/u],
    [{ parent: 3 }, /"parent" must be/u],
    [{ parent: undefined }, /"parent" must be/u],
    [{ sentAt: 'yesterday' }, /"sentAt" must be/u],
    [{ messageId: undefined }, /"messageId" must be/u],
  ])('a malformed turn (%j) is refused before anything is written', async (rest, reason) => {
    const id = newId();
    const turn = { ...archivedTurn(2), ...rest } as ArchivedTurn;
    await expect(archive.appendTurns(id, [archivedTurn(1), turn])).rejects.toMatchObject({
      type: 'InvalidRequest',
      message: expect.stringMatching(reason),
    });
    expect(await archive.countTurns(id)).toBe(0);
  });

  test('pages hold whole turns within their limit, and together all turns once', async () => {
    const id = newId();
    const turns = archivedTurns(2_500, { text: 'word '.repeat(100) });
    await archive.appendTurns(id, turns);
    const read: ArchivedTurn[] = [];
    let pages = 0;
    for (let fromTurn: number | undefined = 1; fromTurn !== undefined; pages++) {
      const page = await archive.readTurns(id, { fromTurn, limitBytes: 100_000 });
      expect(Buffer.byteLength(JSON.stringify(page.turns))).toBeLessThanOrEqual(100_000);
      expect(page.turns[0]?.turn).toBe(fromTurn);
      read.push(...page.turns);
      fromTurn = page.nextTurn;
    }
    expect(read).toEqual(turns);
    expect(pages).toBeGreaterThan(10);
    expect((await archive.readTurns(id)).turns.length).toBe(1_000);
    expect(await archive.readTurns(id, { fromTurn: 11, toTurn: 13 })).toEqual({ turns: turns.slice(10, 13) });
    expect(await archive.readTurns(id, { fromTurn: 2_501 })).toEqual({ turns: [] });
    expect(await archive.readTurns(id, { fromTurn: 5, toTurn: 6, limitBytes: 1 })).toEqual({
      turns: [turns[4]],
      nextTurn: 6,
    });
  });

  test('turns of a megabyte are kept whole, and paged one by one', async () => {
    const id = newId();
    const turns = archivedTurns(12).map((turn) => ({ ...turn, text: `${turn.turn} ${'日本語 '.repeat(100_000)}` }));
    expect(await archive.appendTurns(id, turns)).toEqual({ added: 12 });
    expect(await archive.appendTurns(id, turns)).toEqual({ added: 0 });
    for (const turn of turns) {
      const page = await archive.readTurns(id, { fromTurn: turn.turn });
      expect(page.turns).toEqual([turn]);
      expect(page.nextTurn).toBe(turn.turn < 12 ? turn.turn + 1 : undefined);
    }
    expect(await archive.readPath(id, 12)).toEqual({ turns: [turns[11]], olderTurn: 11 });
  });

  test('any text is kept: emoji, NUL, halves of surrogate pairs, quotes, and what stands for them', async () => {
    const id = newId();
    const texts = ['😀 👩‍👩‍👧‍👦 é', 'a\0b', '\uD83D', '\uDE00\uD83D', `'"\\\n\t\u2028`, '\\u0000', '\uFDD00000', '{"a":1}'];
    const turns = texts.map((text, index) => ({
      ...archivedTurn(index + 1, { text, messageId: text }),
      [text]: text,
    }));
    await archive.appendTurns(id, turns);
    expect((await archive.readTurns(id)).turns).toEqual(turns);
    for (const [index, text] of texts.entries()) expect(await archive.findMessage(id, text)).toBe(index + 1);
    expect(await archive.findMessage(id, 'a')).toBeUndefined();
  });

  test('ids are data, whatever they say', async () => {
    const ids = [`'; drop table colloquy.turns; --`, `" or 1=1`, '$1', '%', '\\', 'a\0b', '{}'];
    for (const id of ids) {
      await archive.appendTurns(id, [archivedTurn(1, { messageId: id })], { userId: id });
      expect(await archive.findMessage(id, id)).toBe(1);
      expect(await archive.countTurns(id)).toBe(1);
      expect((await archive.usageOfUser(id)).answers).toBe(1);
    }
    for (const id of ids) expect(await archive.deleteSession(id)).toBe(1);
  });

  test('a path leads through a tree of 2,000 turns with branches, newest turns first to be kept', async () => {
    const id = newId();
    // The trunk is the odd turns; each even turn is a branch of its own off the turn before it.
    const parentOf = (turn: number): number => (turn % 2 === 0 ? turn - 1 : Math.max(0, turn - 2));
    const turns = archivedTurns(2_000).map((turn) => ({ ...turn, parent: parentOf(turn.turn) }));
    await archive.appendTurns(id, turns);
    const trunk = turns.filter(({ turn }) => turn % 2 === 1);
    expect(await archive.readPath(id, 1_999)).toEqual({ turns: trunk });
    expect(await archive.readPath(id, 1_000, { limit: 3 })).toEqual({
      turns: [turns[996], turns[998], turns[999]],
      olderTurn: 995,
    });
    const small = await archive.readPath(id, 1_999, { limitBytes: 10_000 });
    expect(Buffer.byteLength(JSON.stringify(small.turns))).toBeLessThanOrEqual(10_000);
    expect(small.turns).toEqual(trunk.slice(-small.turns.length));
    // The whole path again, page by page.
    const read: ArchivedTurn[] = [];
    for (let head: number | undefined = 1_999; head !== undefined;) {
      const page: Awaited<ReturnType<TranscriptArchive['readPath']>> = await archive.readPath(id, head, { limit: 300 });
      read.unshift(...page.turns);
      head = page.olderTurn;
    }
    expect(read).toEqual(trunk);
    expect(await archive.readPath(id, 2_001)).toEqual({ turns: [] });
  });

  test('a path says where it stops when a turn is not archived', async () => {
    const id = newId();
    await archive.appendTurns(id, [archivedTurn(5), archivedTurn(6)]);
    expect(await archive.readPath(id, 6)).toEqual({ turns: [archivedTurn(5), archivedTurn(6)], olderTurn: 4 });
  });

  test('a deleted session is gone, no other is, and its usage stays', async () => {
    const [id, other, userId] = [newId(), newId(), newId()];
    await archive.appendTurns(id, archivedTurns(10), { userId });
    await archive.appendTurns(other, archivedTurns(2), { userId });
    expect(await archive.deleteSession(id)).toBe(10);
    expect(await archive.countTurns(id)).toBe(0);
    expect(await archive.countTurns(other)).toBe(2);
    expect((await archive.usageOfUser(userId)).answers).toBe(12);
    expect((await archive.usageOfUser(userId, new Date(archivedTurn(3).sentAt))).answers).toBe(8);
  });

  test('transactions of many connections do not mix: neither with one another nor with statements', async () => {
    await database.use(async (kysely) => {
      await sql`create table if not exists public.counters (name text primary key, count integer not null)`.execute(
        kysely,
      );
      await sql`insert into public.counters values ('a', 0), ('b', 0) on conflict do nothing`.execute(kysely);
    });
    const others = Array.from({ length: 3 }, () => connectDatabase(running.address));
    const increment = (each: Database, fails: boolean): Promise<void> =>
      each.use((kysely) =>
        kysely.transaction().execute(async (transaction) => {
          const { rows } = await sql<{ count: number }>`
            select count from public.counters where name = 'a' for update`.execute(transaction);
          await sleep(1);
          await sql`update public.counters set count = ${(rows[0]?.count ?? 0) + 1} where name = 'a'`.execute(
            transaction,
          );
          if (fails) throw new Error('rolled back');
        }),
      );
    const alone = (each: Database): Promise<unknown> =>
      each.use((kysely) => sql`update public.counters set count = count + 1 where name = 'b'`.execute(kysely));
    const mistaken = (each: Database): Promise<unknown> =>
      each.use((kysely) => sql`select 1 / ${0}::int`.execute(kysely));
    const work = others.flatMap((each) =>
      Array.from({ length: 20 }, (_, index) => [increment(each, index % 4 === 0), alone(each), mistaken(each)]),
    );
    const outcomes = await Promise.allSettled(work.flat());
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3 * (5 + 20));
    const { rows } = await database.use((kysely) => sql`select * from public.counters order by name`.execute(kysely));
    expect(rows).toEqual([
      { name: 'a', count: 45 },
      { name: 'b', count: 60 },
    ]);
    await Promise.all(others.map((each) => each.close()));
  });

  test('killed in the middle of appends, it loses none that was acknowledged, doubles none, and is used again', async () => {
    const userId = newId();
    const sessions = Array.from({ length: 4 }, newId);
    const acknowledged = new Map(sessions.map((id) => [id, 0]));
    const failures: unknown[] = [];
    let kills = 0;
    const write = async (id: string): Promise<void> => {
      for (let turn = 1; turn <= 150; turn++) {
        for (let isDone = false; !isDone;) {
          try {
            await archive.appendTurns(id, [archivedTurn(turn)], { userId });
            isDone = true;
          } catch (error) {
            failures.push(error);
            await sleep(50);
          }
        }
        acknowledged.set(id, turn);
      }
    };
    const killer = async (): Promise<void> => {
      for (const after of [40, 80, 120]) {
        while (Math.min(...acknowledged.values()) < after) await sleep(5);
        const before = new Map(acknowledged);
        await running.crash();
        kills++;
        // Read when it is back, before the writers are done again.
        for (const [id, count] of before) {
          const found = await untilReached(() => archive.countTurns(id));
          expect(found).toBeGreaterThanOrEqual(count);
        }
      }
    };
    await Promise.all([...sessions.map(write), killer()]);
    for (const id of sessions) expect((await archive.readTurns(id)).turns).toEqual(archivedTurns(150));
    expect((await archive.usageOfUser(userId)).answers).toBe(600);
    expect(kills).toBe(3);
    // Whoever was waiting was told what it was, by the one error that is retried.
    expect(failures.length).toBeGreaterThan(0);
    expect(
      failures.filter((error) => !(error instanceof DatabaseError && error.type === 'Database.Unreachable')),
    ).toEqual([]);
  }, 120_000);

  test('figures', async () => {
    const [batch, single] = [newId(), newId()];
    const turns = archivedTurns(1_000, { text: 'word '.repeat(100) });
    const timed = async (action: () => Promise<unknown>): Promise<string> => {
      const since = performance.now();
      await action();
      return (performance.now() - since).toFixed(0);
    };
    const atOnce = await timed(() => archive.appendTurns(batch, turns));
    const oneByOne = await timed(async () => {
      for (const turn of turns) await archive.appendTurns(single, [turn]);
    });
    const path = await timed(() => archive.readPath(batch, 1_000, { limit: 100 }));
    process.stdout.write(
      `1,000 turns in one call: ${atOnce} ms; one by one: ${oneByOne} ms; the newest 100 of a path: ${path} ms\n`,
    );
    expect(await archive.countTurns(single)).toBe(1_000);
  });
}

async function untilReached<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let attempts = 0; ; attempts++) {
    try {
      return await action();
    } catch (error) {
      if (attempts > 200) throw error;
      await sleep(100);
    }
  }
}
