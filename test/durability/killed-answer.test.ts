import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { startKilledStack, type KilledStack } from '../support/killed-stack.js';

let stack: KilledStack;
beforeAll(async () => {
  stack = await startKilledStack();
});
afterAll(() => stack.close());

/** A session whose answer is being written by a process of its own, and what its reader sees. */
async function answering(ms: number) {
  const modelId = stack.newId('killed');
  const worker = await stack.startWorker('model-worker.mjs', modelId);
  const session: SessionHandle = await stack.client.startSession({ modelId, persona: 'p', maxOutputTokens: 10_000 });
  const stop = new AbortController();
  let shown = '';
  const answer = session.send('Count', { signal: stop.signal, onText: (news) => (shown += news) });
  answer.catch(() => undefined);
  await expect.poll(() => shown.length).toBeGreaterThan(0);
  await sleep(ms);
  await worker.kill();
  // What was on its way to the reader when the process ended.
  await sleep(200);
  return { modelId, session, stop, answer, shown: () => shown };
}

describe('an answer whose worker is killed in its middle', () => {
  // The first has no beat yet, the others have seen beats up to a second ago.
  it.each([0, 1_500, 2_900])('%i ms after its first word, and stopped then: text shown = text stored', async (ms) => {
    const { session, stop, answer, shown } = await answering(ms);
    const before = shown();
    stop.abort();
    const result = await answer;
    expect(result.finishReason).toBe('cancelled');
    expect(result.text).toBe(before);
    const { messages } = await session.transcript();
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', text: before, finishReason: 'cancelled' });
  });

  it('and stopped when the server has noticed, while no worker is there', async () => {
    const { session, stop, answer, shown } = await answering(1_500);
    const { workflow } = stack.env.client;
    const handle = workflow.getHandle(sessionWorkflowId(session.sessionId));
    await expect.poll(async () => (await handle.describe()).raw.pendingActivities?.[0]?.attempt).toBe(2);
    stop.abort();
    expect(await answer).toMatchObject({ text: shown(), finishReason: 'cancelled' });
  });

  it('and steered away from: the next message is answered with it in the prompt', async () => {
    const { modelId, session, answer, shown } = await answering(1_500);
    const next = session.send('Rather this', { steer: true });
    expect(await answer).toMatchObject({ text: shown(), finishReason: 'cancelled' });
    const other = createScriptedModel(['fine'], { modelId, contextTokens: 100_000 });
    await stack.startModelWorker(other);
    expect(await next).toMatchObject({ text: 'fine' });
    const [request] = other.requests;
    expect(request?.prompt).toMatchObject({
      messages: [{ text: 'Count' }, { text: shown() }, { text: 'Rather this' }],
    });
  });
});
