import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createColloquyClient } from '../../src/client/colloquy-client.js';
import type { ColloquyClient } from '../../src/client/colloquy-client.js';
import type { ListSessionsOptions } from '../../src/client/sessions-client.js';
import type { SessionAttributes } from '../../src/domain/search-attributes.js';
import { SESSIONS_TASK_QUEUE } from '../../src/domain/task-queues.js';
import { ensureSearchAttributes } from '../../src/workers/ensure-search-attributes.js';
import { searchAttributePairs } from '../../src/workflows/search-attributes.js';
import { startTestServer } from '../support/temporal.js';

// No session is worked on here: what is asked for was given at the start, and the server answers.
let env: TestWorkflowEnvironment;
const namespace = 'default';
beforeAll(async () => {
  env = await startTestServer({ searchAttributes: [] });
});
afterAll(() => env.teardown());

const customAttributes = async () =>
  (await env.connection.operatorService.listSearchAttributes({ namespace })).customAttributes;

/** A connection whose operator service refuses these calls, as that of a worker without the rights would. */
function withoutRights(...calls: ('listSearchAttributes' | 'addSearchAttributes')[]): NativeConnection {
  const { nativeConnection } = env;
  const refuse = () =>
    Promise.reject(Object.assign(new Error('7'), { code: 7, details: 'Request unauthorized.', metadata: {} }));
  const operatorService = new Proxy(nativeConnection.operatorService, {
    get: (service, name) => (calls.some((call) => call === name) ? refuse : Reflect.get(service, name)),
  });
  return { operatorService, workflowService: nativeConnection.workflowService } as NativeConnection;
}

describe('the worker for sessions', () => {
  it('refuses to start where it may not add what is missing, and says what to do', async () => {
    const command =
      'temporal operator search-attribute create --namespace default --name ColloquyUser --name ColloquyModel --name ColloquyPersona ' +
      '--name ColloquyStatus --type Keyword && temporal operator search-attribute create --namespace default --name ColloquyTurns --type Int';
    for (const calls of [['addSearchAttributes'], ['listSearchAttributes', 'addSearchAttributes']] as const) {
      await expect(ensureSearchAttributes({ connection: withoutRights(...calls), namespace })).rejects.toMatchObject({
        type: 'Temporal.SearchAttributes',
        message: expect.stringContaining(command),
      });
    }
    expect(await customAttributes()).not.toHaveProperty('ColloquyUser');
  });

  it('refuses a namespace where one has another type', async () => {
    const { operatorService, workflowService } = env.connection;
    await workflowService.registerNamespace({
      namespace: 'other',
      workflowExecutionRetentionPeriod: { seconds: 86_400 } as never,
    });
    const other = { namespace: 'other', searchAttributes: { ColloquyTurns: 2 } };
    await expect
      .poll(() =>
        operatorService.addSearchAttributes(other).then(
          () => 'added',
          () => 'not yet',
        ),
      )
      .toBe('added');
    await expect(
      ensureSearchAttributes({ connection: env.nativeConnection, namespace: 'other' }),
    ).rejects.toMatchObject({
      type: 'Temporal.SearchAttributes',
      message: expect.stringMatching(/ColloquyTurns .* is not of type Int/u),
    });
  });

  it('adds what is missing, several at once, and queries know it when it is done', async () => {
    const options = { connection: env.nativeConnection, namespace };
    await Promise.all([1, 2, 3].map(() => ensureSearchAttributes(options)));
    expect(await customAttributes()).toMatchObject({
      ColloquyUser: 2,
      ColloquyModel: 2,
      ColloquyPersona: 2,
      ColloquyStatus: 2,
      ColloquyTurns: 3,
    });
    const client = new Client({ connection: env.connection });
    expect(await client.workflow.count("ColloquyUser = 'x' AND ColloquyTurns > 3")).toMatchObject({ count: 0 });
  });

  it('needs no rights where all are there', async () => {
    for (const calls of [['addSearchAttributes'], ['listSearchAttributes', 'addSearchAttributes']] as const) {
      const options = { connection: withoutRights(...calls), namespace };
      await expect(ensureSearchAttributes(options)).resolves.toBeUndefined();
    }
  });
});

describe('the list of sessions', () => {
  /** Names that would break out of a string literal, or break it, were they not quoted. */
  const HOSTILE = [
    "O'Hara",
    "x' OR WorkflowType = 'chatSessionWorkflow",
    "x\\' OR ColloquyTurns >= 0 OR ColloquyUser = '",
    '\\',
    'a\\nb',
    '"quoted"',
    '100% _',
    'a_b"c',
    "x'y\\\\z",
    '``',
    'Ünï 😀 漢字',
  ];
  let client: ColloquyClient;

  const start = async (sessionId: string, attributes?: SessionAttributes): Promise<void> => {
    await env.client.workflow.start('chatSessionWorkflow', {
      workflowId: `chat-session/${sessionId}`,
      taskQueue: SESSIONS_TASK_QUEUE,
      args: [],
      memo: { title: `About ${sessionId}`, modelId: 'in-the-memo' },
      ...(attributes && { typedSearchAttributes: searchAttributePairs(attributes) }),
    });
  };
  const ids = async (options?: ListSessionsOptions): Promise<string[]> =>
    (await client.listSessions(options)).map(({ sessionId }) => sessionId).toSorted();

  beforeAll(async () => {
    await ensureSearchAttributes({ connection: env.nativeConnection, namespace });
    client = createColloquyClient({ connection: env.connection, address: env.address, namespace });
    const kind = { modelId: 'small', persona: 'You are kind.', status: 'open', turns: 3 } as const;
    await start('old');
    await start('ada-1', { ...kind, userId: 'ada' });
    await start('ada-2', { ...kind, userId: 'ada', modelId: 'large', turns: 12, status: 'awaiting-approval' });
    await start('gone', { ...kind, userId: 'ada', status: 'ended', turns: 40 });
    await env.client.workflow.getHandle('chat-session/gone').terminate();
    for (const [index, userId] of HOSTILE.entries())
      await start(`hostile-${index}`, { userId, persona: 'x'.repeat(300) });
    // The list is eventually consistent.
    const isListed = async (): Promise<boolean> =>
      (await ids({ limit: 100 })).length === 4 + HOSTILE.length && (await ids({ status: 'terminated' })).length === 1;
    await vi.waitUntil(isListed, { timeout: 15_000 });
  });

  it('tells what a session says of itself, and lists one of an older version by what it has', async () => {
    const sessions = await client.listSessions({ limit: 100 });
    expect(sessions.find(({ sessionId }) => sessionId === 'ada-2')).toEqual({
      sessionId: 'ada-2',
      state: 'open',
      title: 'About ada-2',
      userId: 'ada',
      modelId: 'large',
      persona: 'You are kind.',
      status: 'awaiting-approval',
      turnCount: 12,
      startedAt: expect.stringMatching(/^20/u),
    });
    expect(sessions.find(({ sessionId }) => sessionId === 'old')).toEqual({
      sessionId: 'old',
      state: 'open',
      title: 'About old',
      modelId: 'in-the-memo',
      startedAt: expect.stringMatching(/^20/u),
    });
  });

  it.each<[string, ListSessionsOptions, string[]]>([
    ['user', { userId: 'ada' }, ['ada-1', 'ada-2', 'gone']],
    ['model', { modelId: 'large' }, ['ada-2']],
    ['persona', { persona: 'You are\nkind.' }, ['ada-1', 'ada-2', 'gone']],
    ['state, also of older versions', { status: 'open', text: 'OLD' }, ['old']],
    ['an approval that it awaits', { status: 'awaiting-approval' }, ['ada-2']],
    ['turns', { minTurns: 12 }, ['ada-2', 'gone']],
    ['text of the title', { text: 'about ADA' }, ['ada-1', 'ada-2']],
    ['all of them', { userId: 'ada', modelId: 'small', status: 'terminated', minTurns: 40 }, ['gone']],
    ['none', { userId: 'nobody' }, []],
  ])('finds sessions by %s', async (_, options, expected) => {
    expect(await ids(options)).toEqual(expected);
  });

  it.each(HOSTILE.map((userId, index) => [userId, index] as const))(
    'asks for %s as a value, not as a query',
    async (userId, index) => {
      expect(await ids({ userId })).toEqual([`hostile-${index}`]);
      expect(await ids({ modelId: userId })).toEqual([]);
    },
  );

  it('finds a persona that was cut, whole or as listed', async () => {
    const [first] = await client.listSessions({ persona: 'x'.repeat(300) });
    expect(first?.persona).toBe(`${'x'.repeat(59)}…`);
    expect(await ids({ persona: first?.persona })).toHaveLength(HOSTILE.length);
  });

  it('refuses what no session can have', async () => {
    await expect(client.listSessions({ userId: 'a\0b' })).rejects.toMatchObject({ type: 'InvalidRequest' });
    await expect(client.listSessions({ minTurns: 1.5 })).rejects.toMatchObject({ type: 'InvalidRequest' });
  });

  it('says what to do where no worker has registered the attributes', async () => {
    const other = createColloquyClient({ connection: env.connection, address: env.address, namespace: 'other' });
    expect(await other.listSessions()).toEqual([]);
    await expect(other.listSessions({ userId: 'ada' })).rejects.toMatchObject({
      type: 'Temporal.SearchAttributes',
      message: expect.stringContaining('colloquy worker sessions'),
    });
  });
});
