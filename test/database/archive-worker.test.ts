import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { NativeConnection, Worker, bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archivedTurn, archivedTurns } from '../support/archived-turn.js';
import { NO_POSTGRES, findPostgres } from '../support/postgres-server.js';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';
import { startServer } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import type { HeldTurns, archiveWorkflow, deleteWorkflow } from './programs/archive-workflow.js';

const hasServer = findPostgres() !== undefined;
if (!hasServer && process.env.CI !== undefined) throw new Error(NO_POSTGRES);

Runtime.install({ logger: new DefaultLogger('ERROR') });
const bundle = bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./programs/archive-workflow.ts', import.meta.url)),
  logger: new DefaultLogger('ERROR'),
});

/** A stack as "colloquy start" runs it, and a worker here for workflows that use its archive. */
class ArchivingStack {
  private constructor(
    readonly home: ProgramHome,
    private readonly program: Program,
    private readonly connection: Connection,
    private readonly native: NativeConnection,
    private readonly worker: Worker,
    private readonly running: Promise<void>,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ArchivingStack> {
    const home = await createProgramHome();
    const program = startProgram(home, ['start', '--no-chat'], { env });
    await program.told('Ready.', 90_000);
    const connection = await Connection.connect({ address: home.address });
    const native = await NativeConnection.connect({ address: home.address });
    const worker = await Worker.create({ connection: native, taskQueue: 'test', workflowBundle: await bundle });
    return new ArchivingStack(home, program, connection, native, worker, worker.run());
  }

  archive(input: HeldTurns): ReturnType<typeof archiveWorkflow> {
    return this.client().workflow.execute<typeof archiveWorkflow>('archiveWorkflow', {
      taskQueue: 'test',
      workflowId: `chat-session/${input.sessionId}`,
      args: [input],
    });
  }

  delete(sessionId: string): Promise<number> {
    return this.client().workflow.execute<typeof deleteWorkflow>('deleteWorkflow', {
      taskQueue: 'test',
      workflowId: `delete-${randomUUID()}`,
      args: [sessionId],
    });
  }

  async stop(): Promise<void> {
    this.worker.shutdown();
    await this.running;
    await this.native.close();
    await this.connection.close();
    this.program.kill('SIGTERM');
    const { code, stderr } = await this.program.ended;
    if (code !== 0) throw new Error(`The stack ended with ${code}: ${stderr}`);
    await this.home.untilGone();
  }

  private client(): Client {
    return new Client({ connection: this.connection });
  }
}

function archiveTests(stack: () => ArchivingStack): void {
  const newInput = (): HeldTurns => ({ sessionId: `s-${randomUUID()}`, userId: 'u', turns: archivedTurns(20) });

  test('a workflow archives and reads, and doing it again changes nothing', async () => {
    const input = newInput();
    const { turns, sessionId } = input;
    expect(await stack().archive(input)).toEqual({ added: 20, page: { turns }, path: { turns }, found: { turn: 20 } });
    expect(await stack().archive(input)).toMatchObject({ added: 0 });
    expect(await stack().delete(sessionId)).toBe(20);
  });

  test('another content is final, with its type', async () => {
    const input = newInput();
    await stack().archive(input);
    const again = stack().archive({ ...input, turns: [archivedTurn(2, { text: 'changed' })] });
    await expect(again).rejects.toBeInstanceOf(WorkflowFailedError);
    await expect(again).rejects.toMatchObject({ cause: { cause: { type: 'Archive.Conflict', nonRetryable: true } } });
  });
}

describe('the archive of a stack with the embedded database', () => {
  let stack: ArchivingStack;
  beforeAll(async () => {
    stack = await ArchivingStack.start();
  });
  afterAll(() => stack.stop());

  archiveTests(() => stack);

  test('killed, the database and the worker come back by themselves, and what waited is archived', async () => {
    for (const role of ['database', 'archive worker'] as const) {
      const before = stack.home.pidOf(role);
      stack.home.kill(role);
      const input = { sessionId: `s-${randomUUID()}`, turns: archivedTurns(5) };
      expect(await stack.archive(input)).toMatchObject({ added: 5 });
      expect(stack.home.pidOf(role)).not.toBe(before);
    }
  });

  test('doctor tells of it', async () => {
    const { stdout } = await runProgram(stack.home, ['doctor']);
    expect(stdout).toMatch(/✓ database +embedded PostgreSQL 18\S* answers at \S+database\.sock/u);
  });
});

describe.skipIf(!hasServer)(`the archive of a stack with a server${hasServer ? '' : `: ${NO_POSTGRES}`}`, () => {
  let stack: ArchivingStack;
  let server: TestDatabase & { readonly url: string };
  beforeAll(async () => {
    server = await startServer();
    stack = await ArchivingStack.start({ DATABASE_URL: server.url });
  });
  afterAll(async () => {
    await stack.stop();
    await server.stop();
  });

  archiveTests(() => stack);

  test('starts no database of its own', () => {
    expect(stack.home.processes().map(({ role }) => role)).not.toContain('database');
    expect(existsSync(join(stack.home.path, 'database'))).toBe(false);
  });

  test('doctor tells of it, and of one that does not answer, without the password', async () => {
    const answering = await runProgram(stack.home, ['doctor'], { env: { DATABASE_URL: server.url } });
    expect(answering.stdout).toMatch(/✓ database +PostgreSQL 18\S* answers at 127\.0\.0\.1:\d+\/postgres/u);
    const url = 'postgres://me:secret@127.0.0.1:1/nothing';
    const { stdout, stderr, code } = await runProgram(stack.home, ['doctor'], { env: { DATABASE_URL: url } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ database +No database answers at 127\.0\.0\.1:1\/nothing .*set DATABASE_URL/u);
    const refused = await runProgram(stack.home, ['doctor'], {
      env: { DATABASE_URL: server.url.replace(/:[^:@]+@/u, ':secret@') },
    });
    expect(refused.stdout).toMatch(/✗ database +The database at \S+ refuses \(password authentication failed/u);
    expect(stdout + stderr + refused.stdout + refused.stderr).not.toContain('secret');
  });
});
