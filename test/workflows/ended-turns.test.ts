import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import type { ChatMessage, GenerateRequest, LanguageModel } from '../../src/inference/language-model.js';
import { ModelError } from '../../src/inference/model-error.js';
import { openOpenAiCompatibleModel } from '../../src/inference/openai/openai-compatible-model.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { Script } from '../../src/inference/scripted-model.js';
import type { StreamEvent } from '../../src/streaming/token-stream.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
const servers: Server[] = [];
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
afterEach(async () => {
  await stack.close();
  for (const server of servers.splice(0)) server.close();
});

const away = (retryAfterMs: number): ModelError =>
  new ModelError('Model.Unavailable', 'Nobody is there.', { retryAfterMs });
const breaking = (text: string, retryAfterMs: number) => ({ text, delayMs: 5, failure: away(retryAfterMs) });
const damaged = new ModelError('Model.Damaged', 'The file is cut. Fetch it again.');
const lastOf = (request: GenerateRequest): string =>
  request.prompt.type === 'chat' ? (request.prompt.messages.at(-1)?.text ?? '') : '';
const textsOf = (request: GenerateRequest | undefined): string[] =>
  request?.prompt.type === 'chat' ? request.prompt.messages.map(({ text }: ChatMessage) => text) : [];

async function sessionOn(model: LanguageModel): Promise<SessionHandle> {
  await stack.startModelWorker(model);
  return stack.client.startSession({ modelId: model.modelId, persona: 'You are kind.' });
}

async function scripted(script: Script) {
  const model = createScriptedModel(script, { modelId: stack.newId('scripted') });
  return { model, session: await sessionOn(model) };
}

/** Sends, and waits until this much is on the screen. */
async function shownUntil(session: SessionHandle, text: string) {
  let shown = '';
  const stop = new AbortController();
  const answer = session
    .send('Count', { signal: stop.signal, onText: (news) => (shown += news) })
    .catch((error: unknown) => error);
  await expect.poll(() => shown).toBe(text);
  return { answer, stop, shown: () => shown };
}

/** The activity that waits for its next attempt, or is paused. */
async function untilPending(
  { sessionId }: SessionHandle,
  isIt: (each: { attempt: number; paused: boolean }) => boolean,
) {
  const handle = env.client.workflow.getHandle(sessionWorkflowId(sessionId));
  const look = async () => {
    const { raw } = await handle.describe();
    return (raw.pendingActivities ?? []).map(({ activityId, attempt, paused }) => ({
      id: activityId ?? '',
      attempt: attempt ?? 0,
      paused: paused ?? false,
    }));
  };
  await expect.poll(async () => (await look()).some(isIt)).toBe(true);
  return (await look())[0]?.id ?? '';
}

const pauseRequest = ({ sessionId }: SessionHandle, id: string) => ({
  namespace: env.namespace ?? 'default',
  execution: { workflowId: sessionWorkflowId(sessionId) },
  identity: 'operator',
  id,
});

describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 100 }])(
  'a turn that ends between attempts, cached %o',
  (cache) => {
    beforeEach(async () => {
      stack = createSessionStack(env);
      await stack.startSessionsWorker(cache);
    });

    it('is stopped while it waits for the next attempt: what was shown is its answer', async () => {
      const { session, model } = await scripted((request) =>
        lastOf(request) === 'Count' ? breaking('one two three', 60_000) : 'next',
      );
      const { answer, stop, shown } = await shownUntil(session, 'one two three');
      await untilPending(session, ({ attempt }) => attempt === 2);
      stop.abort();
      expect(await answer).toMatchObject({ text: shown(), finishReason: 'cancelled' });
      expect(await session.send('Go on')).toMatchObject({ text: 'next' });
      expect(textsOf(model.requests.at(-1))).toEqual(['Count', 'one two three', 'Go on']);
    });

    it('is steered away from while it waits for the next attempt', async () => {
      const { session } = await scripted((request) =>
        lastOf(request) === 'Count' ? breaking('one two three', 60_000) : 'next',
      );
      const { answer } = await shownUntil(session, 'one two three');
      await untilPending(session, ({ attempt }) => attempt === 2);
      expect(await session.send('Rather this', { steer: true })).toMatchObject({ text: 'next' });
      expect(await answer).toMatchObject({ text: 'one two three', finishReason: 'cancelled' });
    });

    it('is stopped while an operator has paused its activity', async () => {
      const { session } = await scripted([{ text: 'one two three', stall: true }, 'next']);
      const { answer, stop } = await shownUntil(session, 'one two three');
      const id = await untilPending(session, ({ attempt }) => attempt === 1);
      await env.client.workflowService.pauseActivity(pauseRequest(session, id));
      await untilPending(session, ({ attempt, paused }) => paused && attempt === 2);
      stop.abort();
      expect(await answer).toMatchObject({ text: 'one two three', finishReason: 'cancelled' });
    });

    it('ends with its session, cancelled in the Temporal UI', async () => {
      const { session } = await scripted(() => breaking('one two three', 60_000));
      const { answer } = await shownUntil(session, 'one two three');
      await untilPending(session, ({ attempt }) => attempt === 2);
      await env.client.workflow.getHandle(sessionWorkflowId(session.sessionId)).cancel();
      expect(await answer).toMatchObject({ text: 'one two three', finishReason: 'cancelled' });
    });

    const failures: [string, ModelError, string][] = [['fails for good in a later attempt', damaged, 'Model.Damaged']];
    // Forty attempts take most of a minute: once is enough.
    if (cache.maxCachedWorkflows === 0) failures.push(['runs out of attempts', away(10), 'Model.Unavailable']);
    it.each(failures)(
      '%s: what was shown stands beside the failure, and is no part of later prompts',
      async (_how, later, type) => {
        let attempts = 0;
        const { session, model } = await scripted((request) => {
          if (lastOf(request) !== 'Count') return 'next';
          return attempts++ === 0 ? breaking('one two three', 10) : later;
        });
        const events: StreamEvent[] = [];
        const reading = (async () => {
          const signal = AbortSignal.timeout(110_000);
          for await (const event of stack.stream.subscribe(session.sessionId, { signal })) {
            events.push(event);
            if (event.type === 'text-end') return;
          }
        })();
        const { answer } = await shownUntil(session, 'one two three');
        expect(await answer).toMatchObject({ type, partial: { text: 'one two three' } });
        const { messages } = await session.transcript();
        expect(messages).toHaveLength(1);
        expect(messages[0]?.failure).toMatchObject({ type, partial: { text: 'one two three' } });
        await reading;
        expect(events.at(-1)).toMatchObject({ type: 'text-end', finishReason: 'failed' });
        expect(await session.send('Go on')).toMatchObject({ text: 'next' });
        expect(textsOf(model.requests.at(-1))).toEqual(['Go on']);
      },
      120_000,
    );
  },
);

describe('a turn on a server that goes away', () => {
  beforeEach(async () => {
    stack = createSessionStack(env);
    await stack.startSessionsWorker();
  });

  it.each([503, 429, 500, 'refused', 'reset'] as const)(
    'and then %s: keeps what was shown when it is stopped',
    async (then) => {
      const server = await serveOnce('The sky is blue because', then);
      const model = await openOpenAiCompatibleModel({
        modelId: stack.newId('openai'),
        name: 'cut',
        baseUrl: server.url,
      });
      const session = await sessionOn(model);
      const { answer, stop } = await shownUntil(session, 'The sky is blue because');
      await untilPending(session, ({ attempt }) => attempt >= 3);
      stop.abort();
      expect(await answer).toMatchObject({ text: 'The sky is blue because', finishReason: 'cancelled' });
      expect((await session.transcript()).messages.at(-1)).toMatchObject({
        role: 'assistant',
        text: 'The sky is blue because',
      });
    },
  );
});

/** A server that writes this, breaks the connection, and answers every later request so. */
async function serveOnce(text: string, then: number | 'refused' | 'reset'): Promise<{ readonly url: string }> {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith('/models') === true) {
      const data = [{ id: 'cut', owned_by: 'someone', max_model_len: 4096 }];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
      return;
    }
    if (asked++ > 0) {
      if (typeof then === 'string') response.socket?.resetAndDestroy();
      else response.writeHead(then, { 'content-type': 'text/html' }).end('<html><h1>Oops</h1></html>');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of text.match(/\s*\S+/gu) ?? []) {
      const chunk = { choices: [{ index: 0, delta: { content: word }, finish_reason: null }] };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    }
    setTimeout(() => {
      response.destroy();
      if (then === 'refused') server.close();
    }, 300);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}
