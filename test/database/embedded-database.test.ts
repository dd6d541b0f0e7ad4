import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { openPGlite } from '../../src/database/open-pglite.js';
import type { PGliteSession } from '../../src/database/open-pglite.js';
import { serveWire } from '../../src/database/wire-server.js';
import type { WireServer } from '../../src/database/wire-server.js';
import { databaseSocketPath } from '../../src/local-socket.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import { createProgramHome } from '../support/program-home.js';
import { startProgram } from '../support/program.js';

const count = (database: Database): Promise<number> =>
  database.use(async (kysely) => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from public.notes`.execute(kysely);
    return rows[0]?.count ?? -1;
  });

describe('the database process', () => {
  test('serves its user only, ends when asked to, and leaves nothing behind but the database', async () => {
    const home = await createProgramHome({ artefacts: 'none' });
    const program = startProgram(home, ['database']);
    await program.told('The database is served');
    const socket = databaseSocketPath(home.path);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(home.path, 'run')).mode & 0o777).toBe(0o700);
    expect(statSync(join(home.path, 'database')).mode & 0o777).toBe(0o700);
    const database = connectDatabase({ socketPath: socket });
    expect(await database.version()).toMatch(/^18\./u);
    // A client that stays does not keep it from ending.
    program.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stdout: '' });
    await database.close();
    expect(existsSync(join(home.path, 'run', 'database.lock'))).toBe(false);
    expect(existsSync(join(home.path, 'database', 'postmaster.pid'))).toBe(false);
  });

  test('a second one on the same folder waits for the end of the first, also by kill -9, and has all that was committed', async () => {
    const home = await createProgramHome({ artefacts: 'none' });
    const first = startProgram(home, ['database']);
    await first.told('The database is served');
    const database = connectDatabase({ socketPath: databaseSocketPath(home.path) });
    await database.use((kysely) =>
      sql`create table public.notes as select generate_series(1, 1000) as n`.execute(kysely),
    );
    const second = startProgram(home, ['database']);
    await sleep(2_000);
    expect(second.stderr).toBe('');
    first.kill('SIGKILL');
    await second.told('The database is served');
    expect(await count(database)).toBe(1_000);
    await database.close();
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });

  test('a folder from before there were extensions is opened, and takes knowledge bases', async () => {
    const home = await createProgramHome({ artefacts: 'none' });
    const folder = join(home.path, 'database');
    // As it was made then.
    const before = await PGlite.create({ dataDir: folder });
    await before.exec('create table public.notes as select generate_series(1, 10) as n');
    await before.close();
    const program = startProgram(home, ['database']);
    await program.told('The database is served');
    const database = connectDatabase({ socketPath: databaseSocketPath(home.path) });
    try {
      expect(await count(database)).toBe(10);
      const extensions = (): Promise<unknown[]> =>
        database.use(
          async (kysely) => (await sql`select extname from pg_extension where extname = 'vector'`.execute(kysely)).rows,
        );
      // Not before it is needed.
      expect(await extensions()).toEqual([]);
      const noTerms = { version: 1, documentTerms: (): string[] => [], queryTerms: (): string[] => [] };
      const store = createKnowledgeStore(database, noTerms);
      expect(await store.createKnowledgeBase({ name: 'docs', embeddingModelId: 'a', dimensions: 3 })).toEqual({
        created: true,
      });
      expect(await extensions()).toEqual([{ extname: 'vector' }]);
    } finally {
      await database.close();
    }
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });

  test('killed while it makes the database, it begins anew', async () => {
    const home = await createProgramHome({ artefacts: 'none' });
    const first = startProgram(home, ['database']);
    const unfinished = (): string[] => readdirSync(home.path).filter((name) => name.startsWith('database.unfinished-'));
    await vi.waitFor(() => expect(existsSync(join(home.path, unfinished()[0] ?? '', 'PG_VERSION'))).toBe(true), {
      timeout: 30_000,
      interval: 5,
    });
    first.kill('SIGKILL');
    expect(existsSync(join(home.path, 'database'))).toBe(false);
    const second = startProgram(home, ['database']);
    await second.told('The database is served');
    const database = connectDatabase({ socketPath: databaseSocketPath(home.path) });
    expect(await database.use((kysely) => sql`select 1`.execute(kysely))).toMatchObject({ rows: [{}] });
    await database.close();
    second.kill('SIGTERM');
    await second.ended;
  });

  test('refuses a damaged folder in one line that says what to do, and leaves it as it is', async () => {
    const home = await createProgramHome({ artefacts: 'none' });
    const folder = join(home.path, 'database');
    mkdirSync(join(folder, 'global'), { recursive: true });
    writeFileSync(join(folder, 'PG_VERSION'), '18\n');
    const { code, stderr } = await startProgram(home, ['database']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: The embedded database in \S+ cannot be opened .*move it away.*DATABASE_URL/u);
    expect(readFileSync(join(folder, 'PG_VERSION'), 'utf8')).toBe('18\n');
  });
});

describe('the wire server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-wire-'));
  const path = join(folder, 'wire.sock');
  const notices: string[] = [];
  const fatal: unknown[] = [];
  let session: PGliteSession;
  let server: WireServer;
  let database: Database;
  beforeAll(async () => {
    session = await openPGlite(join(folder, 'database'));
    server = await serveWire({
      session,
      path,
      onNotice: (line) => notices.push(line),
      onFatal: (error) => fatal.push(error),
      idleTransactionMs: 500,
    });
    database = connectDatabase({ socketPath: path });
    await database.use((kysely) => sql`create table public.notes (n integer)`.execute(kysely));
  });
  afterAll(async () => {
    await database.close();
    await server.close();
    await session.close();
    rmSync(folder, { recursive: true });
  });

  /** A connection of its own, outside any pool. */
  const client = async (): Promise<pg.Client> => {
    const created = new pg.Client({ user: 'postgres', stream: () => connectTo(path), ssl: false });
    created.on('error', () => {});
    await created.connect();
    return created;
  };

  test('gives each of 8 clients its own rows, errors and megabytes', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, client));
    const jobs: readonly ((each: pg.Client, index: number, round: number) => Promise<unknown>)[] = [
      async (each, index, round) => {
        const { rows } = await each.query(`select $1::int as a${index}, $2::text as b`, [round, `${index}`]);
        expect(rows).toEqual([{ [`a${index}`]: round, b: `${index}` }]);
      },
      async (each, index) => {
        const { rows } = await each.query(`select repeat($1, 100000) as "x${index}"`, ['é']);
        expect(rows[0]?.[`x${index}`]).toHaveLength(100_000);
      },
      (each) => expect(each.query('select 1 / $1::int', [0])).rejects.toThrow('division by zero'),
      async (each, _, round) => {
        await each.query('begin');
        const before = await each.query('select txid_current() as id, $1::text', ['p']);
        const after = await each.query('select txid_current() as id');
        expect(after.rows[0].id).toBe(before.rows[0].id);
        await each.query(round % 2 === 0 ? 'commit' : 'rollback');
      },
    ];
    const work = clients.map(async (each, index) => {
      for (let round = 0; round < 60; round++) await jobs[index % jobs.length]?.(each, index, round);
    });
    await Promise.all(work);
    await Promise.all(clients.map((each) => each.end()));
  });

  test('rolls back what a client that vanished had begun, and serves the others', async () => {
    const socket = connectTo(path);
    const vanishing = new pg.Client({ user: 'postgres', stream: () => socket, ssl: false });
    vanishing.on('error', () => {});
    await vanishing.connect();
    await vanishing.query('begin');
    await vanishing.query('insert into public.notes values (1)');
    const waiting = count(database);
    socket.destroy();
    expect(await waiting).toBe(0);
  });

  test('also when its transaction had failed, or it had sent half of a batch', async () => {
    const failing = await client();
    await failing.query('begin');
    await expect(failing.query('select nonsense')).rejects.toThrow('does not exist');
    // A Parse without a Sync: nothing of it may run.
    const half = connectTo(path);
    half.write(startup());
    half.write(Buffer.concat([Buffer.from('P\0\0\0\x0E\0', 'latin1'), Buffer.from('vacuum\0\0\0')]));
    const waiting = count(database);
    await failing.end();
    expect(await waiting).toBe(0);
    half.destroy();
  });

  test('drops a client that leaves a transaction open, and says so', async () => {
    const idle = await client();
    await idle.query('begin');
    await idle.query('insert into public.notes values (2)');
    const since = performance.now();
    expect(await count(database)).toBe(0);
    expect(performance.now() - since).toBeGreaterThan(300);
    await expect(idle.query('commit')).rejects.toThrow(/not queryable|terminated/u);
    expect(notices.at(-1)).toMatch(/left a transaction open for 0.5 s; dropped/u);
  });

  test.each([
    ['a web browser', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an impossible length', Buffer.from([0, 0, 0, 1, 0])],
    ['a message longer than allowed', Buffer.concat([startup(), Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff])])],
    ['a message shorter than possible', Buffer.concat([startup(), Buffer.from([0x51, 0, 0, 0, 3])])],
  ])('drops %s, and nobody else', async (_, bytes) => {
    const socket = connectTo(path);
    socket.resume();
    const closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.write(bytes);
    await closed;
    expect(notices.at(-1)).toMatch(/not its protocol/u);
    expect(await count(database)).toBe(0);
  });

  test('takes messages that come byte by byte, and several at once', async () => {
    const socket = connectTo(path);
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString('latin1')));
    const query = (text: string): Buffer => {
      const body = Buffer.from(`${text}\0`);
      const head = Buffer.alloc(5);
      head.write('Q');
      head.writeInt32BE(body.length + 4, 1);
      return Buffer.concat([head, body]);
    };
    for (const byte of Buffer.concat([startup(), query("select 'drop by drop'")])) {
      socket.write(Buffer.from([byte]));
      await sleep(1);
    }
    socket.write(Buffer.concat([query("select 'first'"), query("select 'second'")]));
    await vi.waitFor(() => expect(said).toMatch(/drop by drop.*first.*second/su));
    socket.destroy();
  });

  test('runs what is its own between the transactions of clients', async () => {
    const holder = await client();
    await holder.query('begin');
    let hasRun = false;
    const own = server.exclusively(async () => {
      hasRun = true;
      await session.query('vacuum (analyze)');
      await session.query('checkpoint');
    });
    await holder.query('insert into public.notes values (3)');
    expect(hasRun).toBe(false);
    await holder.query('rollback');
    await own;
    expect(hasRun).toBe(true);
    expect(await count(database)).toBe(0);
    await holder.end();
  });

  test('was not broken by any of it', () => {
    expect(fatal).toEqual([]);
  });
});

/** `pg` connects its socket by port and host; this one knows where to. */
function connectTo(path: string): Socket {
  const socket = connect(path);
  socket.connect = () => socket;
  return socket;
}

function startup(): Buffer {
  const body = Buffer.from('user\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}
