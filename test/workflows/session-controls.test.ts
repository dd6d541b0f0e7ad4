import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionHandle } from '../../src/client/session-handle.js';
import type { SessionSettings } from '../../src/domain/session/session-settings.js';
import type { ChatMessage, GenerateRequest } from '../../src/inference/language-model.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { ScriptedModel } from '../../src/inference/scripted-model.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
afterEach(() => stack.close());

async function sessionWith(
  script: Parameters<typeof createScriptedModel>[0],
  settings: Partial<SessionSettings> = {},
): Promise<{ session: SessionHandle; model: ScriptedModel }> {
  const model = createScriptedModel(script, { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  return {
    model,
    session: await stack.client.startSession({ modelId: model.modelId, persona: 'You are kind.', ...settings }),
  };
}

const textsOf = (request: GenerateRequest | undefined): string[] =>
  request?.prompt.type === 'chat' ? request.prompt.messages.map(({ text }: ChatMessage) => text) : [];
const transcriptOf = async (session: SessionHandle) => (await session.transcript()).messages.map(({ text }) => text);

/** Answers `A of <message>`, and another time `B of <message>`. */
function alternating() {
  const asked = new Map<string, number>();
  return (request: GenerateRequest): string => {
    const message = textsOf(request).at(-1) ?? '';
    const times = (asked.get(message) ?? 0) + 1;
    asked.set(message, times);
    return `${'ABC'[times - 1] ?? '?'} of ${message}`;
  };
}

// Without a cache every workflow task replays the whole history: code that is not deterministic fails at once.
describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 100 }])('a session, cached %o', (cache) => {
  beforeEach(async () => {
    stack = createSessionStack(env);
    await stack.startSessionsWorker(cache);
  });

  it('regenerates an answer on a branch of its own, and the old one stays readable', async () => {
    const { session, model } = await sessionWith(alternating());
    await session.send('one');
    await session.send('two');
    expect(await session.regenerate(undefined, { messageId: 'again' })).toMatchObject({ turn: 3, text: 'B of two' });
    // Not the greedy text once more.
    expect(model.requests[2]?.decoding).toMatchObject({ temperature: 0.8, seed: 3 });
    expect(textsOf(model.requests[2])).toEqual(['one', 'A of one', 'two']);
    expect(await transcriptOf(session)).toEqual(['one', 'A of one', 'two', 'B of two']);
    expect((await session.status()).head).toBe(3);

    await session.selectBranch(2);
    expect(await transcriptOf(session)).toEqual(['one', 'A of one', 'two', 'A of two']);
    await session.send('three');
    expect(textsOf(model.requests[3])).toEqual(['one', 'A of one', 'two', 'A of two', 'three']);
    // Sending it again is safe.
    expect(await session.regenerate(undefined, { messageId: 'again' })).toMatchObject({ text: 'B of two' });
    expect(model.requests).toHaveLength(4);
  });

  it('edits an earlier message on a branch of its own', async () => {
    const { session, model } = await sessionWith(alternating());
    for (const text of ['one', 'two', 'three']) await session.send(text);
    expect(await session.edit(2, 'deux')).toMatchObject({ turn: 4, text: 'A of deux' });
    await session.send('trois');
    expect(textsOf(model.requests[4])).toEqual(['one', 'A of one', 'deux', 'A of deux', 'trois']);
    expect(await session.edit(1, 'un')).toMatchObject({ text: 'A of un' });
    expect(textsOf(model.requests[5])).toEqual(['un']);
    expect(await transcriptOf(session)).toEqual(['un', 'A of un']);
  });

  it('refuses to edit, regenerate or select what is not there', async () => {
    const { session } = await sessionWith(alternating());
    const refused = { type: 'InvalidRequest', message: expect.stringContaining('no turn') as string };
    await expect(session.regenerate()).rejects.toMatchObject(refused);
    await session.send('one');
    await expect(session.regenerate(7)).rejects.toMatchObject(refused);
    await expect(session.edit(0, 'x')).rejects.toMatchObject(refused);
    await expect(session.edit(1, ' ')).rejects.toMatchObject({ type: 'InvalidRequest' });
    await expect(session.selectBranch(2)).rejects.toMatchObject(refused);
    const raw = stack.client.temporal.workflow.getHandle(`chat-session/${session.sessionId}`);
    for (const update of ['regenerateTurn', 'editTurn', 'selectBranch', 'changeSettings', 'renameSession']) {
      for (const args of [[], ['text'], [null], [{ turn: 'x', messageId: 5 }]]) {
        if (update === 'changeSettings' && typeof args[0] === 'object' && args[0] !== null) continue;
        await expect(
          raw.executeUpdate(update, { args: args as [] }),
          `${update} ${JSON.stringify(args)}`,
        ).rejects.toMatchObject({
          cause: { type: 'InvalidRequest' },
        });
      }
    }
    expect(await session.send('two')).toMatchObject({ text: 'A of two' });
  });

  it('stops within a moment', async () => {
    const { session } = await sessionWith(() => ({ text: 'one two', stall: true }));
    const times: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      let shown = '';
      const answer = session.send('Count', { onText: (text) => (shown += text) });
      await expect.poll(() => shown, { interval: 20 }).toBe('one two');
      await new Promise((resolve) => setTimeout(resolve, 100 * turn));
      const askedAt = performance.now();
      await session.cancelTurn();
      expect(await answer).toMatchObject({ finishReason: 'cancelled' });
      times.push(performance.now() - askedAt);
    }
    // Signal, a look at the last checkpoint, beat, and the update's answer; by beats of every second alone the median would be 600 ms.
    // Without a cache each of these replays the whole history, which is no part of the promise.
    expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(cache.maxCachedWorkflows === 0 ? 1_000 : 400);
  });

  it('steers: a message stops the running answer and is answered next', async () => {
    const { session, model } = await sessionWith([{ text: 'one two', stall: true }, 'steered']);
    let shown = '';
    const first = session.send('Count', { onText: (text) => (shown += text) });
    await expect.poll(() => shown).toBe('one two');
    expect(await session.send('No, sing', { steer: true })).toMatchObject({ text: 'steered' });
    expect(await first).toMatchObject({ text: 'one two', finishReason: 'cancelled' });
    expect(textsOf(model.requests[1])).toEqual(['Count', 'one two', 'No, sing']);
  });

  it('changes model and persona from the next turn on', async () => {
    const { session, model } = await sessionWith(alternating());
    const other = createScriptedModel(['Arr'], { modelId: stack.newId('other') });
    await stack.startModelWorker(other);
    await session.send('one');
    const changed = await session.changeSettings({ modelId: other.modelId, persona: 'You are a pirate.' });
    expect(changed).toMatchObject({ modelId: other.modelId, persona: 'You are a pirate.' });
    expect(await session.send('two')).toMatchObject({ modelId: other.modelId, text: 'Arr' });
    expect(other.requests[0]?.prompt).toMatchObject({ persona: 'You are a pirate.' });
    expect(textsOf(other.requests[0])).toEqual(['one', 'A of one', 'two']);
    expect(model.requests).toHaveLength(1);
    await expect(session.changeSettings({ persona: ' ' })).rejects.toMatchObject({ type: 'InvalidRequest' });
  });

  it('does not change the turn under way, also when another worker goes on with it', async () => {
    const { session } = await sessionWith([{ text: 'one two', stall: true }]);
    const answer = session.send('Count');
    await expect.poll(async () => (await session.status()).state).toBe('answering');
    await session.changeSettings({ persona: 'You are a pirate.' });
    const { modelId } = await session.status();
    await stack.close();
    await stack.startSessionsWorker(cache);
    const other = createScriptedModel(['one two three', 'Arr'], { modelId });
    await stack.startModelWorker(other);
    expect(await answer).toMatchObject({ text: 'one two three' });
    expect(other.requests[0]?.prompt).toMatchObject({ persona: 'You are kind.' });
    await session.send('And now?');
    expect(other.requests[1]?.prompt).toMatchObject({ persona: 'You are a pirate.' });
  });

  it('is renamed, and listed by its title', async () => {
    const { session } = await sessionWith(alternating());
    await session.send('one');
    expect((await session.rename('Counting')).title).toBe('Counting');
    await expect.poll(async () => (await session.describe()).title).toBe('Counting');
    await expect(session.rename(' ')).rejects.toMatchObject({ type: 'InvalidRequest' });
  });

  it('keeps to its budgets', async () => {
    const { session } = await sessionWith(
      [{ text: 'one two three', stall: true }, 'four five six seven eight', 'nothing'],
      { budget: { turnSeconds: 1, turnTokens: 4, sessionTokens: 12 } },
    );
    expect(await session.send('Count')).toMatchObject({ text: 'one two three', finishReason: 'deadline' });
    expect(await session.send('On')).toMatchObject({ text: 'four five six seven', finishReason: 'length' });
    await expect(session.send('On')).rejects.toMatchObject({ type: 'BudgetExceeded' });
    await session.changeSettings({ budget: {} });
    expect(await session.send('On')).toMatchObject({ text: 'nothing' });
  });
});

describe('the worker that holds a conversation', () => {
  beforeEach(async () => {
    stack = createSessionStack(env);
    await stack.startSessionsWorker();
  });

  it('gets its turns, and another does when it is gone', async () => {
    const modelId = stack.newId('scripted');
    const models = ['a', 'b'].map((name) => createScriptedModel(() => name, { modelId }));
    const stops = await Promise.all(
      models.map((model, index) => stack.startModelWorker(model, { name: `worker-${index}` })),
    );
    const session = await stack.client.startSession({ modelId });
    const first = (await session.send('one')).text;
    for (let i = 0; i < 5; i++) expect((await session.send(`more ${i}`)).text).toBe(first);
    await stops[first === 'a' ? 0 : 1]?.();
    const startedAt = Date.now();
    const other = first === 'a' ? 'b' : 'a';
    expect((await session.send('and now')).text).toBe(other);
    expect(Date.now() - startedAt).toBeLessThan(4000);
    // From then on it is the one that holds the conversation.
    const again = Date.now();
    expect((await session.send('again')).text).toBe(other);
    expect(Date.now() - again).toBeLessThan(1000);
  });

  it('is not waited for when it is busy', async () => {
    const modelId = stack.newId('scripted');
    const stuck = createScriptedModel(
      ({ prompt }) => (JSON.stringify(prompt).includes('stall') ? { stall: true } : 'a'),
      {
        modelId,
      },
    );
    const stop = await stack.startModelWorker(stuck, { name: 'busy' });
    const session = await stack.client.startSession({ modelId });
    await session.send('one');
    const stalled = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const other = await stack.client.startSession({ modelId });
        await other.send('one');
        await other.signalTurn('stall');
        return other;
      }),
    );
    await expect.poll(() => stuck.requests.length).toBe(9);
    const free = createScriptedModel(() => 'b', { modelId });
    await stack.startModelWorker(free, { name: 'free' });
    const startedAt = Date.now();
    // The busy one's shared queue has places left, so either may take it: it is taken soon in any case.
    expect(['a', 'b']).toContain((await session.send('two')).text);
    expect(Date.now() - startedAt).toBeLessThan(5000);
    await Promise.all(stalled.map((other) => other.cancelTurn()));
    await stop();
  });

  it('hands over what an attempt wrote until it died', async () => {
    const modelId = stack.newId('scripted');
    const dying = createScriptedModel(['hello', { text: 'one two', stall: true }], { modelId });
    const stop = await stack.startModelWorker(dying, { name: 'dying' });
    const session = await stack.client.startSession({ modelId });
    await session.send('Hello');
    const answer = session.send('Count');
    await expect.poll(() => dying.requests.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await stop();
    const other = createScriptedModel(['one two three'], { modelId });
    await stack.startModelWorker(other, { name: 'other' });
    expect(await answer).toMatchObject({ text: 'one two three', finishReason: 'stop' });
    // What the server keeps of the attempt came along in the request.
    expect(other.requests[0]?.resumeFrom).toEqual({ text: 'one two', tokens: [0, 1] });
  });
});
