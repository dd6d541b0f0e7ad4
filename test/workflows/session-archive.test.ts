import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTranscriptArchive } from '../../src/archive/transcript-archive.js';
import type { TranscriptArchive } from '../../src/archive/transcript-archive.js';
import type { ColloquyError } from '../../src/client/colloquy-error.js';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import type { ChatMessage, GenerateRequest } from '../../src/inference/language-model.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { ScriptedModel } from '../../src/inference/scripted-model.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';
import { startEmbedded } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

let env: TestWorkflowEnvironment;
let database: TestDatabase;
let stack: SessionStack;
beforeAll(async () => {
  env = await startTestServer();
  database = await startEmbedded();
});
afterAll(async () => {
  await database.stop();
  await env.teardown();
});
afterEach(() => stack.close());

let archive: TranscriptArchive;
let connection: Database;
beforeEach(async () => {
  connection = connectDatabase(database.address);
  archive = createTranscriptArchive(connection);
  stack = createSessionStack(env, { archive });
  await stack.startSessionsWorker();
});
afterEach(() => connection.close());

const textsOf = (request: GenerateRequest | undefined): string[] =>
  request?.prompt.type === 'chat' ? request.prompt.messages.map(({ text }: ChatMessage) => text) : [];
const echo = (request: GenerateRequest): string => `re: ${textsOf(request).at(-1)}`;

/** A session whose runs are short, as one of many turns has it. */
async function longSession(
  options: { readonly contextTokens?: number } = {},
): Promise<{ session: SessionHandle; model: ScriptedModel }> {
  const model = createScriptedModel(echo, { modelId: stack.newId('scripted'), ...options });
  await stack.startModelWorker(model);
  const sessionId = stack.newId('long');
  await stack.client.temporal.workflow.start('chatSessionWorkflow', {
    workflowId: `chat-session/${sessionId}`,
    taskQueue: 'colloquy/sessions',
    args: [{ sessionId, settings: { modelId: model.modelId, userId: `u-${sessionId}` }, maxHistoryLength: 150 }],
  });
  return { session: stack.client.session(sessionId), model };
}

async function say(session: SessionHandle, from: number, to: number): Promise<void> {
  for (let turn = from; turn <= to; turn++) await session.send(`message ${turn}`, { messageId: `m${turn}` });
}

const expected = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => [`message ${from + i}`, `re: message ${from + i}`]).flat();
const runsOf = async (session: SessionHandle): Promise<number> => {
  const query = `WorkflowId = 'chat-session/${session.sessionId}'`;
  return (await stack.client.temporal.workflow.count(query)).count;
};

describe('a session over many runs', () => {
  it(
    'keeps its newest turns, and the archive keeps all, once and readable as one transcript',
    { timeout: 150_000 },
    async () => {
      await stack.startArchiveWorker();
      const { session, model } = await longSession();
      await say(session, 1, 70);
      await expect.poll(() => runsOf(session)).toBeGreaterThan(3);
      const { archivedThrough, turnCount, usage } = await session.status();
      expect(turnCount).toBe(70);
      expect(archivedThrough).toBeGreaterThan(40);
      expect((await session.transcript()).messages.map(({ text }) => text)).toEqual(expected(1, 70));
      expect((await session.turns()).map(({ turn }) => turn)).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
      // More may be on their way.
      expect(await archive.countTurns(session.sessionId)).toBeGreaterThanOrEqual(archivedThrough);

      // What the session still holds counts as well.
      const { usage: used } = await session.status();
      expect(await stack.client.usageOfUser(`u-${session.sessionId}`)).toEqual({ answers: 70, ...used });

      // A message of a run long ago has the answer that it got then.
      expect(await session.send('message 2', { messageId: 'm2' })).toMatchObject({ turn: 2, text: 're: message 2' });
      expect(model.requests).toHaveLength(70);
      await session.end();
      await expect.poll(async () => (await session.describe()).state).toBe('ended');
      expect(await archive.countTurns(session.sessionId)).toBe(70);
      expect(await stack.client.usageOfUser(`u-${session.sessionId}`)).toEqual({ answers: 70, ...usage });
      expect(await stack.client.usageOfUser('nobody')).toMatchObject({ answers: 0, outputTokens: 0 });

      // Also when Temporal has forgotten it.
      await untilForgotten(session, forget);
      expect((await session.transcript()).messages.map(({ text }) => text)).toEqual(expected(1, 70));
    },
  );

  it('gives a worker that holds nothing the turns of the window, wherever they are', async () => {
    await stack.startArchiveWorker();
    const { session, model } = await longSession();
    await say(session, 1, 40);
    await stack.close();
    await stack.startSessionsWorker();
    await stack.startArchiveWorker();
    const other = createScriptedModel(echo, { modelId: model.modelId });
    await stack.startModelWorker(other);
    await say(session, 41, 41);
    expect(textsOf(other.requests[0])).toEqual([...expected(1, 40), 'message 41']);
  });

  it('edits and goes on from turns that the archive alone has', async () => {
    await stack.startArchiveWorker();
    const { session, model } = await longSession();
    await say(session, 1, 40);
    expect(await session.edit(2, 'other')).toMatchObject({ turn: 41, text: 're: other' });
    expect(textsOf(model.requests.at(-1))).toEqual([...expected(1, 1), 'other']);
    expect((await session.transcript()).messages.map(({ text }) => text)).toEqual([
      ...expected(1, 1),
      'other',
      're: other',
    ]);
    expect((await session.transcript({ head: 40 })).messages).toHaveLength(80);
    await session.selectBranch(3);
    await session.send('back');
    expect(textsOf(model.requests.at(-1))).toEqual([...expected(1, 3), 'back']);
    expect(await session.regenerate(1)).toMatchObject({ text: 're: message 1' });
  });

  it('goes on while the archive is away, loses nothing, and hands over when it is back', async () => {
    const { session } = await longSession();
    await say(session, 1, 60);
    expect((await session.status()).archivedThrough).toBe(0);
    expect((await session.transcript()).messages).toHaveLength(120);
    await stack.startArchiveWorker();
    await say(session, 61, 62);
    await expect.poll(async () => (await session.status()).archivedThrough, { timeout: 30_000 }).toBeGreaterThan(40);
    expect((await session.transcript()).messages.map(({ text }) => text)).toEqual(expected(1, 62));
  });
});

describe('a fork', () => {
  it('begins with a branch of another session, and goes its own way', async () => {
    await stack.startArchiveWorker();
    const { session, model } = await longSession();
    await say(session, 1, 30);
    await session.edit(20, 'edited');
    const fork = await stack.client.forkSession(session.sessionId, { turn: 5, persona: 'You are a pirate.' });
    expect(await fork.send('forked')).toMatchObject({ turn: 6, text: 're: forked' });
    expect(model.requests.at(-1)?.prompt).toMatchObject({ persona: 'You are a pirate.' });
    expect(textsOf(model.requests.at(-1))).toEqual([...expected(1, 5), 'forked']);
    const ofBranch = await stack.client.forkSession(session.sessionId);
    await ofBranch.send('too');
    expect((await ofBranch.transcript()).messages.map(({ text }) => text)).toEqual([
      ...expected(1, 19),
      'edited',
      're: edited',
      'too',
      're: too',
    ]);
    expect((await session.status()).turnCount).toBe(31);
    expect((await ofBranch.status()).title).toBe('Fork of message 1');
  });

  it('refuses what is not there', async () => {
    await stack.startArchiveWorker();
    const { session } = await longSession();
    const wrong = { type: 'InvalidRequest', message: expect.stringContaining('no turn') as string };
    await expect(stack.client.forkSession(session.sessionId)).rejects.toMatchObject(wrong);
    await expect(stack.client.forkSession(session.sessionId, { turn: 3 })).rejects.toMatchObject(wrong);
    await expect(stack.client.forkSession('nobody')).rejects.toMatchObject({ type: 'SessionNotFound' });
  });
});

it('is deleted with all that is kept of it', { timeout: 150_000 }, async () => {
  await stack.startArchiveWorker();
  const { session, model } = await longSession();
  await say(session, 1, 30);
  const deleted = await stack.client.deleteSession(session.sessionId);
  expect(deleted).toMatchObject({ archivedTurns: expect.any(Number) as number, notAsked: [] });
  expect(deleted.runs).toBeGreaterThan(1);
  expect(await archive.countTurns(session.sessionId)).toBe(0);
  await untilForgotten(session);
  await expect(session.transcript()).rejects.toMatchObject({ type: 'SessionNotFound' });
  expect(model.requests).toHaveLength(30);
});

describe('a session of another user', () => {
  it(
    'is neither deleted nor copied for who is not its owner, also when only the archive knows it',
    { timeout: 150_000 },
    async () => {
      await stack.startArchiveWorker();
      const { session } = await longSession();
      const { sessionId } = session;
      await say(session, 1, 2);
      const { settings } = await session.status();
      const refused = { type: 'InvalidRequest', message: expect.stringContaining('another user') as string };
      const fork = async (userId: string): Promise<unknown> => {
        const to = stack.newId('fork');
        // Past the client, which refuses by itself.
        return stack.client.temporal.workflow.execute('chatSessionWorkflow', {
          workflowId: `chat-session/${to}`,
          taskQueue: 'colloquy/sessions',
          args: [{ sessionId: to, settings: { ...settings, userId }, forkOf: { sessionId, turn: 2 } }],
        });
      };
      await expect(stack.client.deleteSession(sessionId, { userId: 'eve' })).rejects.toMatchObject(refused);
      await expect(fork('eve')).rejects.toMatchObject({ cause: refused });
      await session.send('still here');
      await session.end();
      await stack.client.temporal.workflow.getHandle(`chat-session/${sessionId}`).result();
      expect(await archive.countTurns(sessionId)).toBe(3);
      await untilForgotten(session, forget);
      await expect(fork('eve')).rejects.toMatchObject({ cause: refused });
      await expect(stack.client.deleteSession(sessionId, { userId: 'eve' })).rejects.toMatchObject(refused);
      expect(await archive.countTurns(sessionId)).toBe(3);
      const owner = `u-${sessionId}`;
      expect(await stack.client.deleteSession(sessionId, { userId: owner })).toMatchObject({ archivedTurns: 3 });
    },
  );
});

it('starts with its first message in one call', async () => {
  await stack.startArchiveWorker();
  const model = createScriptedModel(echo, { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  const { session, answer } = await stack.client.startSessionWith('Hello', {
    modelId: model.modelId,
    ask: { messageId: 'first' },
  });
  expect(answer).toMatchObject({ turn: 1, text: 're: Hello', messageId: 'first' });
  expect(await session.send('Hello', { messageId: 'first' })).toMatchObject({ turn: 1 });
  await expect(
    stack.client.startSessionWith('Again', { modelId: model.modelId, sessionId: session.sessionId }),
  ).rejects.toMatchObject({ type: 'SessionExists' });
  await expect(stack.client.startSessionWith(' ', { modelId: model.modelId })).rejects.toMatchObject({
    type: 'InvalidRequest',
  });
});

/** As the server does when its retention time is over. */
async function forget(session: SessionHandle): Promise<void> {
  const { workflow, workflowService, options } = stack.client.temporal;
  const workflowId = `chat-session/${session.sessionId}`;
  const { runId } = await workflow.getHandle(workflowId).describe();
  await workflowService.deleteWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId, runId },
  });
}

/**
 * The server deletes a closed workflow only once its queues have caught up, of which it makes a note every 30 s.
 *
 * @param ask asks it to, each time
 */
async function untilForgotten(session: SessionHandle, ask?: typeof forget): Promise<void> {
  const found = async (): Promise<unknown> => {
    await ask?.(session).catch(() => undefined);
    return session.describe().catch(({ type }: ColloquyError) => type);
  };
  await expect.poll(found, { interval: 500, timeout: 90_000 }).toBe('SessionNotFound');
}
