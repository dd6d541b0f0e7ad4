import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionHandle } from '../../src/client/session-handle.js';
import type { ChatMessage, GenerateRequest } from '../../src/inference/language-model.js';
import { ModelError } from '../../src/inference/model-error.js';
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

/** A session and a worker for a model that answers by this script. */
async function sessionWith(
  ...script: Parameters<typeof createScriptedModel>
): Promise<{ session: SessionHandle; model: ScriptedModel }> {
  const model = createScriptedModel(script[0], { modelId: stack.newId('scripted'), ...script[1] });
  await stack.startModelWorker(model);
  return { model, session: await stack.client.startSession({ modelId: model.modelId, persona: 'You are kind.' }) };
}

const echo = ({ prompt }: GenerateRequest): string => {
  if (prompt.type === 'text') return prompt.text;
  return `You said: ${prompt.messages.at(-1)?.text ?? ''}`;
};
const messagesOf = (request: GenerateRequest | undefined): readonly ChatMessage[] =>
  request?.prompt.type === 'chat' ? request.prompt.messages : [];

// Without a cache every workflow task replays the whole history: code that is not deterministic fails at once.
describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 100 }])('a chat session, cached %o', (cache) => {
  beforeEach(async () => {
    stack = createSessionStack(env);
    await stack.startSessionsWorker(cache);
  });

  it('answers with text, usage and finish reason', async () => {
    const { session } = await sessionWith(['Hello to you']);
    expect(await session.send('Hello', { messageId: 'm1' })).toEqual({
      sessionId: session.sessionId,
      turn: 1,
      messageId: 'm1',
      text: 'Hello to you',
      finishReason: 'stop',
      modelId: expect.stringContaining('scripted'),
      // Words: You are kind. Hello
      usage: { inputTokens: 4, cachedInputTokens: 0, outputTokens: 3, durationMs: expect.any(Number) },
    });
  });

  it('gives the model persona and earlier turns, whichever worker takes the turn', async () => {
    const { session, model } = await sessionWith(['Hi Ada', 'Ada']);
    await session.send('I am Ada');
    await session.send('Who am I?');
    const prompt = {
      type: 'chat',
      persona: 'You are kind.',
      messages: [
        { role: 'user', text: 'I am Ada' },
        { role: 'assistant', text: 'Hi Ada' },
        { role: 'user', text: 'Who am I?' },
      ],
    };
    expect(model.requests[1]?.prompt).toEqual(prompt);

    // Another worker holds nothing of the conversation and must ask the session for it.
    await stack.close();
    await stack.startSessionsWorker(cache);
    const other = createScriptedModel(['Still Ada'], { modelId: model.modelId });
    await stack.startModelWorker(other);
    await session.send('Really?');
    expect(messagesOf(other.requests[0]).map(({ text }) => text)).toEqual([
      'I am Ada',
      'Hi Ada',
      'Who am I?',
      'Ada',
      'Really?',
    ]);
  });

  it('takes turns one by one, in the order in which they came', async () => {
    const { session, model } = await sessionWith((request) => ({ text: echo(request), delayMs: 20 }));
    const first = session.send('one');
    await expect.poll(() => model.requests.length).toBe(1);
    const answers = await Promise.all([first, session.send('two'), session.send('three')]);
    expect(answers.map(({ text }) => text)).toEqual(['You said: one', 'You said: two', 'You said: three']);
    const { messages } = await session.transcript();
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user', 'assistant']);
  });

  it('answers a message that is sent again once, with the same answer', async () => {
    const { session, model } = await sessionWith(['first answer']);
    const answers = await Promise.all([1, 2, 3].map(() => session.send('Hello', { messageId: 'same' })));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['first answer']));
    expect(model.requests).toHaveLength(1);
    expect((await session.transcript()).messages).toHaveLength(2);
  });

  it('takes signalled turns, and answers them too', async () => {
    const { session } = await sessionWith(echo);
    await session.signalTurn('one');
    await session.signalTurn('two');
    await expect
      .poll(async () => (await session.transcript()).messages.map(({ text }) => text))
      .toEqual(['one', 'You said: one', 'two', 'You said: two']);
  });

  it('stops the running turn and keeps what was written so far', async () => {
    const { session, model } = await sessionWith([{ text: 'one two', stall: true }, 'next']);
    const stop = new AbortController();
    let shown = '';
    const answer = session.send('Count', { signal: stop.signal, onText: (text) => (shown += text) });
    await expect.poll(() => shown).toBe('one two');
    stop.abort();
    expect(await answer).toMatchObject({ text: 'one two', finishReason: 'cancelled' });
    expect(await session.send('Go on')).toMatchObject({ text: 'next' });
    expect(messagesOf(model.requests[1]).map(({ text }) => text)).toEqual(['Count', 'one two', 'Go on']);
  });

  it('fails a turn that was stopped before it had any text, and goes on', async () => {
    const { session } = await sessionWith([{ stall: true }, 'next']);
    const stop = new AbortController();
    const answer = session.send('Count', { signal: stop.signal });
    await expect.poll(async () => (await session.status()).state).toBe('answering');
    stop.abort();
    await expect(answer).rejects.toMatchObject({ type: 'TurnCancelled' });
    expect(await session.send('Go on')).toMatchObject({ text: 'next' });
  });

  it('ends a failed turn, not the session, and leaves it out of later prompts', async () => {
    const damaged = new ModelError('Model.Damaged', 'The file is cut. Fetch it again.');
    const { session, model } = await sessionWith([damaged, 'fine']);
    await expect(session.send('Hello')).rejects.toMatchObject({
      type: 'Model.Damaged',
      message: 'The file is cut. Fetch it again.',
    });
    expect(await session.send('Again')).toMatchObject({ text: 'fine', turn: 2 });
    expect(messagesOf(model.requests[1]).map(({ text }) => text)).toEqual(['Again']);
    expect((await session.transcript()).messages[0]).toMatchObject({
      role: 'user',
      failure: { type: 'Model.Damaged' },
    });
  });

  it('goes on in the middle of an answer when the engine crashed', async () => {
    const crash = new ModelError('Model.Crashed', 'The engine ended.');
    const { session, model } = await sessionWith([
      { text: 'one two', delayMs: 700, failure: crash },
      'one two three four',
    ]);
    let shown = '';
    expect(await session.send('Count', { onText: (text) => (shown += text) })).toMatchObject({
      text: 'one two three four',
    });
    expect(shown).toBe('one two three four');
    expect(model.requests[1]?.resumeFrom).toEqual({ text: 'one two', tokens: [0, 1] });
  });

  it('hands an answer over when its worker shuts down', async () => {
    const { session, model } = await sessionWith([{ text: 'one two', stall: true }]);
    const answer = session.send('Count');
    await expect.poll(() => model.requests.length).toBe(1);
    await stack.close();
    await stack.startSessionsWorker(cache);
    const other = createScriptedModel(['one two three'], { modelId: model.modelId });
    await stack.startModelWorker(other);
    expect(await answer).toMatchObject({ text: 'one two three', finishReason: 'stop' });
    expect(other.requests[0]?.resumeFrom?.text).toBe('one two');
  });

  it('says how much too long a message is, and goes on', async () => {
    const { session } = await sessionWith(echo, { contextTokens: 100 });
    await expect(session.send('word '.repeat(80))).rejects.toMatchObject({
      type: 'Model.ContextOverflow',
      message: expect.stringMatching(/take 83 tokens; ".*" has room for 50 beside the answer/u),
    });
    expect(await session.send('short')).toMatchObject({ finishReason: 'stop' });
  });

  it('puts a summary in the place of turns that no longer fit, between turns', async () => {
    const { session, model } = await sessionWith(
      ({ prompt }) =>
        prompt.type === 'chat' && prompt.persona?.startsWith('You summarise')
          ? 'They counted.'
          : 'ten words that fill the window more and more and',
      { contextTokens: 240 },
    );
    for (let turn = 1; turn <= 12; turn++) {
      await session.send(`question ${turn}`);
      await expect.poll(async () => (await session.status()).openTurns).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { contextFromTurn, summary } = await session.status();
    expect(summary).toEqual({ text: 'They counted.', throughTurn: contextFromTurn - 1 });
    const last = messagesOf(
      model.requests.findLast((request) => messagesOf(request).at(-1)?.text.startsWith('question')),
    );
    expect(last.slice(0, 3).map(({ role, text }) => `${role}: ${text}`)).toEqual([
      'user: Before we go on, this is what we said so far, in short:\nThey counted.',
      'assistant: Thank you, I remember.',
      `user: question ${contextFromTurn}`,
    ]);
    expect(last.at(-1)?.text).toBe('question 12');
    // What users said has no place in the system's role, not even in short.
    expect(model.requests.at(-1)?.prompt).toMatchObject({ persona: 'You are kind.' });
  });

  it('answers the open turns when it is ended, then takes no more', async () => {
    const { session, model } = await sessionWith((request) => ({ text: echo(request), delayMs: 50 }));
    const answers = Promise.all([session.send('one'), session.send('two')]);
    await expect.poll(() => model.requests.length).toBe(1);
    await session.end();
    expect((await answers).map(({ text }) => text)).toEqual(['You said: one', 'You said: two']);
    await expect(session.send('three')).rejects.toMatchObject({
      type: 'SessionClosed',
      message: expect.stringContaining('has ended'),
    });
    await expect.poll(async () => (await session.describe()).state).toBe('ended');
    expect((await session.transcript()).messages).toHaveLength(4);
  });

  it('keeps what was written when it is cancelled in the Temporal UI', async () => {
    const { session } = await sessionWith([{ text: 'one two', stall: true }]);
    let shown = '';
    const answer = session.send('Count', { onText: (text) => (shown += text) });
    await expect.poll(() => shown).toBe('one two');
    await stack.client.temporal.workflow.getHandle(`chat-session/${session.sessionId}`).cancel();
    expect(await answer).toMatchObject({ text: 'one two', finishReason: 'cancelled' });
    await expect.poll(async () => (await session.describe()).state).toBe('cancelled');
  });

  it('refuses empty, oversized and malformed messages before they are sent', async () => {
    const { session, model } = await sessionWith([]);
    await expect(session.send('  ')).rejects.toMatchObject({
      type: 'InvalidRequest',
      message: expect.stringContaining('empty'),
    });
    await expect(session.send('x'.repeat(1_048_576))).rejects.toMatchObject({
      message: expect.stringContaining('too large'),
    });
    await expect(session.send('\ud800')).rejects.toMatchObject({
      message: expect.stringContaining('not valid Unicode'),
    });
    expect(model.requests).toHaveLength(0);
  });

  it('refuses them again in the workflow, for clients that do not', async () => {
    const { session } = await sessionWith([]);
    const handle = stack.client.temporal.workflow.getHandle(`chat-session/${session.sessionId}`);
    const malformed: unknown[][] = [
      [{ messageId: 'x', text: '' }],
      [{ messageId: 'x', text: 'x'.repeat(200_000) }],
      ['text'],
      [],
    ];
    for (const args of malformed) {
      await expect(handle.executeUpdate('sendMessage', { args: args as [] })).rejects.toMatchObject({
        cause: { type: 'InvalidRequest' },
      });
    }
    await handle.signal('userTurn', { text: 'no id' });
    expect((await session.transcript()).messages).toEqual([]);
  });

  it('tells a session that does not exist from one that has ended', async () => {
    await expect(stack.client.session('nobody').send('Hello')).rejects.toMatchObject({
      type: 'SessionNotFound',
      message: 'Session "nobody" does not exist. "colloquy sessions" lists the existing ones.',
    });
    expect(() => stack.client.session('../nobody')).toThrow(/not valid/u);
  });

  it('does not start a session twice, nor again after its end', async () => {
    const { session, model } = await sessionWith([]);
    const again = { sessionId: session.sessionId, modelId: model.modelId };
    await expect(stack.client.startSession(again)).rejects.toMatchObject({ type: 'SessionExists' });
    await session.end();
    await expect.poll(async () => (await session.describe()).state).toBe('ended');
    await expect(stack.client.startSession(again)).rejects.toMatchObject({ type: 'SessionExists' });
  });

  it('carries everything over when it continues as new', async () => {
    const model = createScriptedModel(echo, { modelId: stack.newId('scripted') });
    await stack.startModelWorker(model);
    const sessionId = stack.newId('long');
    // A bound so small that every turn or two begins a new run.
    await stack.client.temporal.workflow.start('chatSessionWorkflow', {
      workflowId: `chat-session/${sessionId}`,
      taskQueue: 'colloquy/sessions',
      args: [{ sessionId, settings: { modelId: model.modelId }, maxHistoryLength: 15, archive: false }],
    });
    const session = stack.client.session(sessionId);
    const firstRun = (await stack.client.temporal.workflow.getHandle(`chat-session/${sessionId}`).describe()).runId;
    for (let turn = 1; turn <= 6; turn++) await session.send(`message ${turn}`, { messageId: `m${turn}` });
    await session.signalTurn('by signal');
    await expect.poll(async () => (await session.transcript()).messages.length).toBe(14);
    expect((await stack.client.temporal.workflow.getHandle(`chat-session/${sessionId}`).describe()).runId).not.toBe(
      firstRun,
    );
    // The message id of an earlier run is still known.
    expect(await session.send('message 1', { messageId: 'm1' })).toMatchObject({
      turn: 1,
      text: 'You said: message 1',
    });
    expect(model.requests).toHaveLength(7);
    expect(messagesOf(model.requests[5])).toHaveLength(11);
  });
});

describe('what an operator sees', () => {
  beforeEach(async () => {
    stack = createSessionStack(env);
    await stack.startSessionsWorker();
  });

  it('reads like a story in the Temporal UI: ids, summaries, details', async () => {
    const { session } = await sessionWith(echo);
    await session.send('What is the capital of France?');
    const handle = stack.client.temporal.workflow.getHandle(`chat-session/${session.sessionId}`);
    const { staticSummary, staticDetails, raw, memo } = await handle.describe().then(async (info) => ({
      staticSummary: await info.staticSummary(),
      staticDetails: await info.staticDetails(),
      raw: info.raw,
      memo: info.memo,
    }));
    expect(raw.workflowExecutionInfo?.type?.name).toBe('chatSessionWorkflow');
    expect(staticSummary).toMatch(/^Chat with scripted-/u);
    expect(staticDetails).toBe('Persona: You are kind.');
    expect(memo?.title).toBe('What is the capital of France?');
    const { events } = await handle.fetchHistory();
    const scheduled = events?.find((event) => event.activityTaskScheduledEventAttributes);
    const summary = Buffer.from(scheduled?.userMetadata?.summary?.data ?? []).toString();
    expect(summary).toBe('"Turn 1: What is the capital of France?"');
    // Once per run: the start, the search attributes, and what marks the version of the workflow's code; with the first turn its title.
    expect(events?.length).toBeLessThanOrEqual(20);
    await session.send('And of Spain?');
    const { events: after } = await handle.fetchHistory();
    expect((after?.length ?? 0) - (events?.length ?? 0)).toBeLessThanOrEqual(12);
  });

  it('lists sessions with title, model and state', async () => {
    const { session, model } = await sessionWith(echo);
    await session.send('Tell me about lists');
    // The list is eventually consistent.
    await expect
      .poll(() => stack.client.listSessions())
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            sessionId: session.sessionId,
            state: 'open',
            title: 'Tell me about lists',
            modelId: model.modelId,
          }),
        ]),
      );
  });

  it('tells which workers are missing', async () => {
    const { model } = await sessionWith(echo);
    await expect.poll(() => stack.client.missingWorkers(model.modelId)).toEqual([]);
    expect(await stack.client.missingWorkers('no-such-model')).toEqual(['model']);
  });
});
