import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runChat } from '../../src/cli/chat/chat.js';
import { showAnswer } from '../../src/cli/session/show-answer.js';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { createToolRegistry } from '../../src/tools/tool-registry.js';
import { defineTool } from '../../src/tools/tool.js';
import { createSeat } from '../support/seat.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let paid: string[];
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());

const pay = defineTool({
  name: 'pay',
  description: 'Pays somebody.',
  parameters: z.object({ to: z.string() }),
  needsApproval: true,
  timeoutMs: 1000,
  maxAttempts: 1,
  run: ({ to }) => {
    paid.push(to);
    return 'paid';
  },
});

beforeEach(async () => {
  paid = [];
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
  await stack.startToolsWorker(createToolRegistry([pay]));
});
afterEach(() => stack.close());

/** A session whose model pays Ada in each turn, then says what it was told. */
async function payingSession(): Promise<{ session: SessionHandle; modelId: string }> {
  let steps = 0;
  const model = createScriptedModel(
    ({ jsonSchema, prompt }) => {
      if (jsonSchema === undefined)
        return `I was told: ${prompt.type === 'chat' ? (prompt.messages.at(-1)?.text ?? '') : ''}`;
      return JSON.stringify(
        steps++ % 2 === 0 ? { action: 'call', tool: 'pay', arguments: { to: 'Ada' } } : { action: 'answer' },
      );
    },
    { modelId: stack.newId('scripted') },
  );
  await stack.startModelWorker(model);
  const { modelId } = model;
  return { session: await stack.client.startSession({ modelId, tools: ['pay'] }), modelId };
}

describe('a chat in the terminal', () => {
  it('asks whoever sits there whether a tool may be called', async () => {
    const seat = createSeat();
    const { session, modelId } = await payingSession();
    const signal = new AbortController().signal;
    const chatting = runChat({ client: stack.client, session, modelId, terminal: seat.terminal, signal });
    await seat.seen('you> ');
    seat.type('Pay Ada');
    await seat.seen('May it call pay {"to":"Ada"}? [y/N, or why not] ');
    expect(paid).toEqual([]);
    seat.type('y');
    await seat.seen('| paid');
    expect(paid).toEqual(['Ada']);

    seat.type('Pay Ada again');
    await seat.seen('May it call', 2);
    seat.type('No, she has enough.');
    await seat.seen('she has enough.', 2);
    expect(paid).toEqual(['Ada']);
    seat.type('/quit');
    expect(await chatting).toBe(0);
  });

  it('drops the question when the call was decided elsewhere', async () => {
    const seat = createSeat();
    const { session, modelId } = await payingSession();
    const signal = new AbortController().signal;
    const chatting = runChat({ client: stack.client, session, modelId, terminal: seat.terminal, signal });
    await seat.seen('you> ');
    seat.type('Pay Ada');
    await seat.seen('May it call');
    await session.approve((await session.status()).waitingCalls[0]?.callId ?? '');
    await seat.seen('| paid');
    await seat.seen('you> ', 2);
    seat.type('/quit');
    expect(await chatting).toBe(0);
  });
});

it('an answer for a script tells what to type elsewhere', async () => {
  const seat = createSeat();
  const { session, modelId } = await payingSession();
  const options = { client: stack.client, session, modelId, terminal: seat.terminal };
  const answer = showAnswer(options, new AbortController().signal, (ask) => session.send('Pay Ada', ask));
  await seat.seen(`Waiting for approval of pay {"to":"Ada"}\nAllow it: npx colloquy approve ${session.sessionId}`);
  await session.approve((await session.status()).waitingCalls[0]?.callId ?? '');
  expect((await answer).text).toContain('| paid');
});
