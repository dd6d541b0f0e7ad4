import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, WorkflowFailedError, WorkflowUpdateStage } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { SESSIONS_TASK_QUEUE } from '../../src/domain/task-queues.js';
import type * as workflows from '../../src/workflows/index.js';
import * as ingestionMessages from '../../src/workflows/knowledge/ingestion-messages.js';
import * as panelMessages from '../../src/workflows/panel/panel-messages.js';
import * as sessionMessages from '../../src/workflows/session/session-messages.js';
import { HALF, nearOf } from '../support/malformed-values.js';
import { expert, panelScript } from '../support/scripted-panel.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

/** Of each handler and each workflow. */
const VALUES = Number(process.env.COLLOQUY_TEST_MALFORMED ?? 60);
const SEED = Number(process.env.COLLOQUY_TEST_SEED ?? 20_261_128);
const AT_ONCE = 10;

/** As the bundle exports them; the file itself runs in the sandbox alone. */
const WORKFLOW_NAMES = [...new Set(readFileSync('src/workflows/index.ts', 'utf8').match(/\w+Workflow\b/gu))];

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let raw: Client;
const model = createScriptedModel(panelScript(), { modelId: 'scripted-malformed' });
const { modelId } = model;
beforeAll(async () => {
  env = await startTestServer();
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
  await stack.startModelWorker(model);
  // Sends what it is given: no schema of the product's client is in the way.
  raw = new Client({ connection: env.connection, namespace: env.namespace });
});
afterAll(async () => {
  await stack.close();
  await env.teardown();
});

const settings = {
  modelId,
  persona: 'You are kind.',
  personaName: 'Kind',
  userId: 'ada',
  decoding: { temperature: 0.5, topK: 5, seed: 1 },
  maxOutputTokens: 20,
  thinking: { enabled: false, maxTokens: 5 },
  budget: { turnTokens: 10, turnSeconds: 5, sessionTokens: 100_000, sessionSeconds: 1_000 },
  tools: [],
  maxToolCalls: 2,
  approvalSeconds: 5,
  sources: { knowledgeBases: [], web: false },
};
const panelInput = {
  panelId: 'p',
  task: 'Build a bridge',
  experts: [expert('law', { timeoutSeconds: 20, maxAttempts: 1, decoding: { temperature: 0 } }), expert('steel')],
  modelId,
  coordinator: { name: 'lead', persona: 'You lead.', decoding: { topP: 0.5 } },
  way: 'coordinator',
  limits: { rounds: 1, deadlineSeconds: 60, tokenBudget: 10_000, expertsAtOnce: 2, answerTokens: 20 },
  review: { plan: true, questions: false, result: false, waitSeconds: 60 },
  userId: 'ada',
  maxToolCalls: 2,
  approvalSeconds: 5,
};
const expertInput = {
  panelId: 'p',
  questionId: '1.1',
  profile: expert('law', { modelId: 'nobody-runs-it' }),
  task: 'Build a bridge',
  question: 'What is allowed?',
  material: [{ title: 'Remark', text: 'Shorter' }],
  maxOutputTokens: 20,
  deadline: new Date(Date.now() + 600_000).toISOString(),
  seed: 1,
  userId: 'ada',
  maxToolCalls: 2,
  approvalSeconds: 60,
};

/** A right input of each workflow: a new workflow without one fails the test. */
const INPUTS: Readonly<Record<keyof typeof workflows, unknown>> = {
  chatSessionWorkflow: {
    sessionId: 's',
    settings,
    archive: false,
    maxHistoryLength: 100,
    forkOf: { sessionId: 'other', turn: 1, title: 'Other' },
  },
  deleteSessionWorkflow: { sessionId: 's', modelIds: [modelId], userId: 'ada' },
  panelWorkflow: panelInput,
  expertWorkflow: expertInput,
  answerWithSourcesWorkflow: {
    answerId: 'a',
    question: 'Why?',
    modelId,
    sources: { knowledgeBases: ['docs'], web: true },
    persona: 'You are kind.',
    userId: 'ada',
    decoding: { temperature: 1 },
    maxOutputTokens: 20,
    timeoutSeconds: 60,
  },
  ingestDocumentsWorkflow: {
    knowledgeBase: 'docs',
    sources: ['/none'],
    metadata: { of: 'test' },
    documentsAtOnce: 1,
    maxHistoryLength: 100,
  },
  createKnowledgeBaseWorkflow: { name: 'docs', vectors: false, chunkTokens: 100, overlapTokens: 10 },
  listKnowledgeBasesWorkflow: undefined,
  listDocumentsWorkflow: { name: 'docs', uriPrefix: '/', after: '/a', limit: 10 },
  removeDocumentWorkflow: { name: 'docs', uri: '/a' },
  deleteKnowledgeBaseWorkflow: { name: 'docs' },
  searchKnowledgeWorkflow: {
    query: 'x',
    knowledgeBases: ['docs'],
    limit: 5,
    uriPrefixes: ['/'],
    metadata: { of: 'test' },
    stages: ['lexical'],
  },
  readArchivedPathWorkflow: { sessionId: 's', head: 1, limit: 5, limitBytes: 1_000 },
  readArchivedTurnsWorkflow: { sessionId: 's', fromTurn: 1, toTurn: 2, limitBytes: 1_000 },
  readUserUsageWorkflow: { userId: 'ada', since: '2026-01-31T12:00:00Z' },
};

interface Message {
  readonly type: 'update' | 'signal' | 'query';
  readonly name: string;
}
const messagesOf = (module: object): Message[] =>
  Object.values(module).filter((each): each is Message => typeof each === 'object' && each !== null && 'type' in each);
const { expertApprovalSignal, ...toPanels } = panelMessages;

/** Of each handler a right argument: a new handler without one fails the test. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  chatSessionWorkflow: {
    sendMessage: { messageId: 'm', text: 'Hello', steer: false },
    userTurn: { messageId: 'm', text: 'Hello', steer: true },
    regenerateTurn: { messageId: 'again', turn: 1 },
    editTurn: { messageId: 'edited', turn: 1, text: 'Hello' },
    selectBranch: { turn: 1 },
    changeSettings: { ...settings, userId: undefined, panel: { ...panelInput, panelId: undefined } },
    renameSession: { title: 'Title' },
    resolveApproval: { callId: '1.1', approve: true, reason: 'So' },
    cancelTurn: { messageId: 'm' },
    getTranscript: { fromTurn: 1, head: 1 },
    getTurns: { fromTurn: 1, throughTurn: 1 },
    getConversation: { head: 1, fromTurn: 1, preambleHash: 'x' },
    getToolCalls: { turn: 1 },
    getStatus: undefined,
    endSession: undefined,
  },
  panelWorkflow: {
    addExpert: expert('water', { modelId, after: ['law'], tools: ['clock'] }),
    addRemark: { text: 'Mind the ships' },
    resolveReview: {
      reviewId: 'plan-2',
      approve: false,
      text: 'So',
      plan: [{ expert: 'law', question: 'x', after: [] }],
    },
    resolveApproval: { callId: '1.1/1.1', approve: true, reason: 'So' },
    expertCall: {
      questionId: '1.1',
      expert: 'law',
      call: {
        callId: '1.1',
        tool: 'pay',
        arguments: { amount: 5 },
        state: 'waiting-approval',
        startedAt: '2026-01-31T12:00:00Z',
      },
    },
    getStatus: undefined,
    getResult: undefined,
    cancelPanel: undefined,
  },
  expertWorkflow: { expertApproval: { callId: '1.1', approve: true, reason: 'So' } },
  ingestDocumentsWorkflow: { getStatus: undefined },
};

const RECEIVERS: Readonly<Record<string, readonly Message[]>> = {
  chatSessionWorkflow: messagesOf(sessionMessages),
  panelWorkflow: messagesOf(toPanels),
  expertWorkflow: messagesOf({ expertApprovalSignal }),
  ingestDocumentsWorkflow: messagesOf(ingestionMessages),
};

let count = 0;
async function start(type: string, args: unknown[]): Promise<WorkflowHandle> {
  return raw.workflow.start(type, { taskQueue: SESSIONS_TASK_QUEUE, workflowId: `malformed/${type}/${++count}`, args });
}

/** Not wedged: no task of it failed, and it answers or has ended. */
async function assertSound(handle: WorkflowHandle, about: string): Promise<'running' | 'refused' | 'ended'> {
  await handle.query('__stack_trace');
  const { events } = await handle.fetchHistory();
  const failures = (events ?? []).flatMap(
    ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
  );
  // A message that came in the same moment: the server has the task done again.
  const wedging = failures.filter((message) => message !== 'UnhandledCommand');
  if (wedging.length > 0) throw new Error(`${about}: ${wedging[0]}`);
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') return 'running';
  if (status.name !== 'FAILED') return 'ended';
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  // What was asked for is right, and nobody is here to do it: a session to fork, a model's worker.
  if (cause instanceof ApplicationFailure) return cause.type === 'InvalidRequest' ? 'refused' : 'ended';
  throw new Error(`${about} failed by ${String(cause)}`);
}

async function inParallel<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of rest) await action(item);
    }),
  );
}

function within<T>(promise: Promise<T>, about: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`wedged: ${about}`)), 20_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 300);

describe('each workflow, started with what is wrong', () => {
  it.each(WORKFLOW_NAMES)('%s', { timeout: 300_000 }, async (type) => {
    expect(Object.keys(INPUTS)).toContain(type);
    const sample = INPUTS[type as keyof typeof workflows];
    const values = fc.sample(nearOf(sample), { seed: SEED, numRuns: VALUES }).map((value) => [value]);
    const seen = { running: 0, refused: 0, ended: 0 };
    await inParallel([[], [null], [sample, sample], ...values], async (args) => {
      const about = `${type}(${args.map(shown).join(', ')})`;
      const handle = await start(type, args);
      seen[await within(assertSound(handle, about), about)]++;
      await handle.terminate().catch(() => undefined);
    });
    expect(seen.refused).toBeGreaterThan(VALUES / 4);
    expect(seen.refused).toBeLessThan(VALUES + 3);
  });
});

/** Of each that takes messages, one that runs. */
async function running(type: string): Promise<WorkflowHandle> {
  if (type === 'chatSessionWorkflow') return start(type, [{ sessionId: stack.newId('s'), settings, archive: false }]);
  if (type === 'panelWorkflow') return start(type, [{ ...panelInput, panelId: stack.newId('p') }]);
  return start(type, [INPUTS[type as keyof typeof workflows]]);
}

async function send(handle: WorkflowHandle, { type, name }: Message, args: [unknown?]): Promise<void> {
  if (type === 'signal') return handle.signal(name, ...args);
  if (type === 'query') return void (await handle.query(name, ...args));
  const untyped = handle as { startUpdate(name: string, options: object): Promise<{ result(): Promise<unknown> }> };
  const update = await untyped.startUpdate(name, { args, waitForStage: WorkflowUpdateStage.ACCEPTED });
  // A refusal is known at once; an answer may take its time.
  const result = update.result();
  result.catch(() => undefined);
  await Promise.race([result, sleep(100)]);
}

/** Whether it was refused. */
async function refuses(handle: WorkflowHandle, message: Message, args: [unknown?]): Promise<boolean> {
  try {
    await send(handle, message, args);
    return false;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const said = `${cause instanceof ApplicationFailure ? cause.type : ''} ${String(error)}`;
    // The SDK's client names each query that fails so. The server itself takes so many updates at once, and none of what has ended.
    const known =
      /InvalidRequest|SessionClosed|TurnQueueFull|BudgetExceeded|QueryNotRegistered|limit|already completed|not found/u;
    if (!known.test(said)) throw new Error(`${shown(args)}: ${said}`, { cause: error });
    return true;
  }
}

describe.each(Object.entries(RECEIVERS))('each message to %s, with what is wrong', (type, messages) => {
  it.each(messages.map((message) => [message.type, message.name, message] as const))(
    '%s %s',
    { timeout: 300_000 },
    async (_type, name, message) => {
      expect(Object.keys(ARGUMENTS[type] ?? {})).toContain(name);
      const sample = ARGUMENTS[type]?.[name];
      const handle = await running(type);
      await handle.query('__stack_trace');
      const values = fc.sample(nearOf(sample), { seed: SEED, numRuns: VALUES });
      let refused = 0;
      await inParallel([undefined, null, ...values], async (value) => {
        const about = `${name}(${shown(value)})`;
        if (await within(refuses(handle, message, value === undefined ? [] : [value]), about)) refused++;
      });
      await within(assertSound(handle, `${type} after ${name}`), `${type} after ${name}`);
      expect(refused).toBeGreaterThan(message.type === 'signal' ? -1 : VALUES / 4);
      await handle.terminate().catch(() => undefined);
    },
  );
});

describe('one poisoned workflow', () => {
  it('harms itself alone', { timeout: 60_000 }, async () => {
    const session = await stack.client.startSession({ modelId, persona: 'You are kind.' });
    await session.send('one');
    for (const wrong of [
      { modelId: `m-${HALF}` },
      { modelId, userId: HALF },
      { modelId, personaName: HALF },
      { modelId, tools: [HALF] },
    ]) {
      const handle = await start('chatSessionWorkflow', [
        { sessionId: stack.newId('s'), settings: wrong, archive: false },
      ]);
      await handle.signal('userTurn', { messageId: 'm', text: 'Hello' }).catch(() => undefined);
      const error: unknown = await within(
        handle.result().catch((reason: unknown) => reason),
        shown(wrong),
      );
      expect(error).toMatchObject({ cause: { type: 'InvalidRequest' } });
      await session.send('and on');
    }
    expect((await session.status()).turnCount).toBe(5);
  });
});
