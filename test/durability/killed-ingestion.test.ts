import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../src/database/connect-database.js';
import { databaseSocketPath } from '../../src/local-socket.js';
import { superviseProcess } from '../../src/workers/stack/supervised-process.js';
import type { SupervisedProcess } from '../../src/workers/stack/supervised-process.js';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Ended } from '../support/program.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

const PARAGRAPHS = 48;

/** Real weights, real processes: what a user has who adds a document and loses power. */
describe('the retrieval worker that is killed in the middle of a document', () => {
  let env: TestWorkflowEnvironment;
  let stack: SessionStack;
  let home: ProgramHome;
  const processes: SupervisedProcess[] = [];
  const start = async (name: string, args: readonly string[]): Promise<void> => {
    const supervised = superviseProcess({
      name,
      command: process.execPath,
      args: [join(process.cwd(), 'bin/colloquy.js'), ...args],
      env: { COLLOQUY_HOME: home.path },
      logFile: join(home.path, 'logs', `${name}.log`),
      backoff: { firstMs: 100 },
    });
    processes.push(supervised);
    await supervised.ready;
  };
  const kb = (...args: readonly string[]): Promise<Ended> =>
    runProgram(home, ['kb', ...args, '--temporal', env.address]);
  beforeAll(async () => {
    env = await startTestServer();
    stack = createSessionStack(env);
    home = await createProgramHome();
    await Promise.all([
      stack.startSessionsWorker(),
      start('database', ['database']),
      start('retrieval worker', ['--temporal', env.address, 'worker', 'retrieval']),
    ]);
  });
  afterAll(async () => {
    await Promise.all(processes.toReversed().map((each) => each.stop()));
    await stack.close();
    await env.teardown();
  });

  it('has each chunk once in the end, and each is found by its meaning', { timeout: 150_000 }, async () => {
    expect(await kb('create', 'docs', '--chunk-tokens', '32', '--overlap-tokens', '0')).toMatchObject({ code: 0 });
    const file = join(home.path, 'long.txt');
    const paragraphs = Array.from({ length: PARAGRAPHS }, (_, index) =>
      index === 40
        ? '鲸鱼是生活在海洋里的大型哺乳动物。'
        : `Drawer number ${index} holds the tools of joiner number ${index}.`,
    );
    writeFileSync(file, paragraphs.join('\n\n'));
    const adding = startProgram(home, ['kb', 'add', 'docs', file, '--json', '--temporal', env.address]);
    const [ingestion] = await expect
      .poll(() => stack.client.knowledge.ingestions('docs'))
      .toHaveLength(1)
      .then(() => stack.client.knowledge.ingestions('docs'));
    const database = connectDatabase({ socketPath: databaseSocketPath(home.path) });
    const staged = async (): Promise<number> => {
      const { rows } = await database.use((kysely) =>
        sql<{ count: number }>`select count(*)::integer as count from colloquy.chunks_1`.execute(kysely),
      );
      return rows[0]?.count ?? 0;
    };
    try {
      await expect.poll(staged, { interval: 30 }).toBeGreaterThan(0);
      home.kill('retrieval worker', 'encoder');
      const atKill = await staged();
      expect(atKill).toBeLessThan(PARAGRAPHS);
      // A batch is kept whole or not at all.
      expect(atKill % 16).toBe(0);

      const { code, stdout } = await adding.ended;
      const outcome = JSON.parse(stdout) as { chunks: number };
      expect({ code, outcome }).toMatchObject({ code: 0, outcome: { documents: { added: 1, failed: 0 } } });
      const { rows } = await database.use((kysely) =>
        sql<{ start: number; text: string }>`
          select (content->>'start')::integer as start, content->>'text' as text
          from colloquy.chunks_1 join colloquy.vectors_1 using (document, chunk) order by chunk`.execute(kysely),
      );
      expect(rows).toHaveLength(outcome.chunks);
      expect(rows.map(({ text }) => text).join('\n\n')).toBe(paragraphs.join('\n\n'));
    } finally {
      await database.close();
    }
    expect(await ingestion?.result()).toMatchObject({ state: 'ended' });

    const found = await kb('search', 'docs', 'mammals that live in the sea', '--stages', 'vector', '--limit', '1');
    expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/vector #1 0\.\d+[^]*鲸鱼/u) });
    expect(await kb('add', 'docs', file, '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"unchanged":1'),
    });
    expect(await kb('remove', 'docs', '--source', file)).toMatchObject({ code: 0 });
    expect(JSON.parse((await kb('list', '--json')).stdout)).toMatchObject([{ name: 'docs', documents: 0, chunks: 0 }]);
    const missing = await kb('add', 'docs', join(home.path, 'none.pdf'));
    expect(missing).toMatchObject({ code: 1, stdout: '1 of 1 documents · failed 1 · 0 chunks\n' });
    expect(missing.stderr).toMatch(/^not read: There is no .*none\.pdf\. Check the path\.$/mu);
  });
});
