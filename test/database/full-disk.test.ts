import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../src/database/connect-database.js';
import { databaseSocketPath } from '../../src/local-socket.js';
import { createProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import { createSmallDisk } from '../support/small-disk.js';
import type { SmallDisk } from '../support/small-disk.js';

const MB = 1024 * 1024;
const canMount = createSmallDisk(MB);
canMount?.remove();
if (canMount === undefined) process.stdout.write('SKIPPED full-disk.test.ts: this user may not mount a small disk\n');

describe.skipIf(canMount === undefined)('a full disk', () => {
  let disk: SmallDisk | undefined;
  afterEach(() => disk?.remove());

  const onDisk = async (sizeBytes: number): Promise<Awaited<ReturnType<typeof createProgramHome>>> => {
    disk = createSmallDisk(sizeBytes);
    const home = await createProgramHome({ artefacts: 'none' });
    return { ...home, env: { ...home.env, COLLOQUY_HOME: disk?.path ?? '' } };
  };

  test('before the first start: one line that says so, nothing half made', async () => {
    const home = await onDisk(20 * MB);
    const { code, stderr } = await runProgram(home, ['database']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: The disk of the embedded database \(.*\) has \d+ MB left; .*needs 48 MB\. Free some space.*\n$/u,
    );
    expect(readdirSync(home.env.COLLOQUY_HOME ?? '')).not.toContain('database');
  });

  test('with a database on it: nobody is advised to move that away', async () => {
    const home = await onDisk(60 * MB);
    const database = startProgram(home, ['database']);
    await database.told('The database is served');
    database.kill('SIGKILL');
    await database.ended;
    disk?.fill();
    // What it needs to open is there already; what is written then has no room.
    const again = startProgram(home, ['database']);
    await again.told('The database is served');
    const writing = connectDatabase({ socketPath: databaseSocketPath(home.env.COLLOQUY_HOME ?? '') });
    const big = sql`create table public.big as select repeat(md5(n::text), 200) as text from generate_series(1, 20000) as n`;
    await expect(writing.use((kysely) => big.execute(kysely))).rejects.toMatchObject({ type: 'Database.Full' });
    await writing.close();
    again.kill('SIGKILL');
    await again.ended;
    expect(existsSync(join(home.env.COLLOQUY_HOME ?? '', 'database', 'PG_VERSION'))).toBe(true);
  });

  test("the Temporal server's: one line, without its log", async () => {
    const home = await onDisk(200 * 1024);
    const cli = process.env.COLLOQUY_TEST_TEMPORAL_CLI ?? '';
    const { code, stderr } = await runProgram(home, ['start', '--no-chat', '--model', 'openai:x'], {
      env: { TEMPORAL_CLI_PATH: cli },
    });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^error: (The Temporal server ended at its start.*: the disk of its database is full|No space left on the disk).* Free some/u,
    );
  });
});
