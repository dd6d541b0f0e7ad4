import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SessionHandle } from '../../src/client/session-handle.js';
import type { SessionSettings } from '../../src/domain/session/session-settings.js';
import type { ToolDecision } from '../../src/domain/tools/tool-decision.js';
import type { GenerateRequest } from '../../src/inference/language-model.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { ScriptedModel } from '../../src/inference/scripted-model.js';
import { calculator } from '../../src/tools/calculator.js';
import { ToolError } from '../../src/tools/tool-error.js';
import { createToolRegistry } from '../../src/tools/tool-registry.js';
import { defineTool } from '../../src/tools/tool.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let paid: string[];
let attempts: number;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
afterEach(() => stack.close());

const pay = defineTool({
  name: 'pay',
  description: 'Pays somebody.',
  parameters: z.object({ to: z.string(), amount: z.number() }),
  needsApproval: true,
  timeoutMs: 1000,
  maxAttempts: 1,
  run: ({ to, amount }, { idempotencyKey }) => {
    paid.push(`${to} ${amount} ${idempotencyKey}`);
    return 'paid';
  },
});
const flaky = defineTool({
  name: 'flaky',
  description: 'Fails the first time.',
  parameters: z.object({}),
  timeoutMs: 1000,
  maxAttempts: 3,
  run: () => {
    attempts++;
    if (attempts === 1) throw new ToolError('Tool.Failed', 'not now', { retryable: true });
    return `attempt ${attempts}`;
  },
});
const slow = defineTool({
  name: 'slow',
  description: 'Never ends.',
  parameters: z.object({}),
  timeoutMs: 300,
  maxAttempts: 1,
  run: (_args, { signal }) =>
    new Promise<string>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
});

/** Decides by this list, and answers with what it was told last. */
async function sessionWith(
  decisions: readonly ToolDecision[],
  settings: Partial<SessionSettings> = {},
): Promise<{ session: SessionHandle; model: ScriptedModel }> {
  let decided = 0;
  const model = createScriptedModel(
    (request) =>
      request.jsonSchema === undefined
        ? `I was told: ${lastText(request)}`
        : JSON.stringify(decisions[decided++] ?? { action: 'answer' }),
    { modelId: stack.newId('scripted') },
  );
  await stack.startModelWorker(model);
  const tools = ['calculator', 'pay', 'flaky', 'slow'];
  const session = await stack.client.startSession({
    modelId: model.modelId,
    persona: 'You are kind.',
    tools,
    ...settings,
  });
  return { session, model };
}

const lastText = (request: GenerateRequest): string =>
  request.prompt.type === 'chat' ? (request.prompt.messages.at(-1)?.text ?? '') : '';
const call = (tool: string, args: Record<string, string | number> = {}): ToolDecision => ({
  action: 'call',
  tool,
  arguments: args,
});
const callsOf = async (session: SessionHandle) =>
  (await session.transcript()).messages
    .flatMap(({ toolCalls = [] }) => toolCalls)
    .map(({ tool, state, result, error, reason }) => ({ tool, state, said: result ?? error ?? reason }));

describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 100 }])('tools of a turn, cached %o', (cache) => {
  beforeEach(async () => {
    paid = [];
    attempts = 0;
    stack = createSessionStack(env);
    await stack.startSessionsWorker(cache);
    await stack.startToolsWorker(createToolRegistry([calculator, pay, flaky, slow]));
  });

  it('are called until the model answers, which is told what they gave', async () => {
    const { session, model } = await sessionWith([
      call('calculator', { expression: '6*7' }),
      call('flaky'),
      { action: 'answer' },
    ]);
    const { text } = await session.send('What is 6 times 7?');
    expect(text).toContain('What is 6 times 7?');
    expect(text).toMatch(/calculator .* gave:\n\| 42\nflaky .* gave:\n\| attempt 2/u);
    expect(await callsOf(session)).toEqual([
      { tool: 'calculator', state: 'done', said: '42' },
      { tool: 'flaky', state: 'done', said: 'attempt 2' },
    ]);
    // What tools are there is told after the persona, in all prompts of the turn alike.
    const systems = model.requests.map(({ prompt }) => (prompt.type === 'chat' ? prompt.persona : ''));
    expect(new Set(systems).size).toBe(1);
    expect(systems[0]).toMatch(/^You are kind\.\n\nYou can use these tools:\n- calculator/u);
    // The next turn remembers them.
    await session.send('And again?');
    expect(model.requests.at(-1)?.prompt).toMatchObject({
      messages: [{ text: expect.stringContaining('| 42') as string }, {}, { text: 'And again?' }],
    });
  });

  it('wait for approval where they must, and do nothing before', async () => {
    const { session } = await sessionWith([call('pay', { to: 'Ada', amount: 5 })]);
    const answer = session.send('Pay Ada');
    await expect.poll(async () => (await session.status()).state).toBe('awaiting-approval');
    const { waitingCalls } = await session.status();
    expect(waitingCalls).toMatchObject([{ callId: '1.1', tool: 'pay', arguments: { to: 'Ada', amount: 5 } }]);
    expect(paid).toEqual([]);
    await expect(session.approve('9.9')).rejects.toMatchObject({
      type: 'InvalidRequest',
      message: 'No call "9.9" waits for approval; waiting: 1.1.',
    });
    await expect.poll(async () => (await session.describe()).status).toBe('awaiting-approval');
    await session.approve('1.1');
    expect((await answer).text).toContain('| paid');
    expect(paid).toEqual([`Ada 5 ${session.sessionId}/1/1.1`]);
    await expect(session.approve('1.1')).rejects.toMatchObject({ type: 'InvalidRequest' });
  });

  it('are not called when refused, and the model is told why', async () => {
    const { session } = await sessionWith([call('pay', { to: 'Eve', amount: 5 })]);
    const answer = session.send('Pay Eve');
    await expect.poll(async () => (await session.status()).state).toBe('awaiting-approval');
    await session.refuse('1.1', 'Eve is not a friend.');
    expect((await answer).text).toMatch(/was not allowed by the user:\n\| Eve is not a friend\./u);
    expect(paid).toEqual([]);
    expect(await callsOf(session)).toEqual([{ tool: 'pay', state: 'refused', said: 'Eve is not a friend.' }]);
  });

  it('are not called when nobody approves in time', async () => {
    const { session } = await sessionWith([call('pay', { to: 'Ada', amount: 5 })], { approvalSeconds: 1 });
    expect((await session.send('Pay Ada')).text).toContain('Nobody approved it in time');
    expect(paid).toEqual([]);
  });

  it('that are late or fail are told to the model, which answers', async () => {
    const { session } = await sessionWith([call('slow'), call('calculator', { expression: '1/0' })]);
    expect((await session.send('Go')).text).toMatch(/slow .* was not done in time:/u);
    expect((await callsOf(session)).map(({ state }) => state)).toEqual(['timed-out', 'failed']);
  });

  it('stop after as many calls as a turn may make', async () => {
    const sums = Array.from({ length: 9 }, (_, i) => call('calculator', { expression: `1+${i}` }));
    const { session } = await sessionWith(sums);
    await session.send('Count');
    expect(await callsOf(session)).toHaveLength(5);
    const two = await sessionWith(sums, { maxToolCalls: 2 });
    await two.session.send('Count');
    expect(await callsOf(two.session)).toHaveLength(2);
  });

  it('end with the turn when it is cancelled while they wait', async () => {
    const { session } = await sessionWith([call('pay', { to: 'Ada', amount: 5 })]);
    const answer = session.send('Pay Ada').catch((error: unknown) => error);
    await expect.poll(async () => (await session.status()).state).toBe('awaiting-approval');
    await session.cancelTurn();
    expect(await answer).toMatchObject({ type: 'TurnCancelled' });
    expect(paid).toEqual([]);
    expect(await session.send('Hello')).toMatchObject({ turn: 2 });
  });

  it('that nobody knows fail the turn with their names, and can be changed', async () => {
    const { session } = await sessionWith([], { tools: ['calculator', 'teleport'] });
    await expect(session.send('Go')).rejects.toMatchObject({
      type: 'Tool.NotFound',
      message: expect.stringContaining('teleport') as string,
    });
    await session.changeSettings({ tools: [] });
    expect((await session.send('Go')).text).toBe('I was told: Go');
  });
});
