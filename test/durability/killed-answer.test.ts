import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { sessionWorkflowId } from '../../src/domain/session-id.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { endProcess } from '../support/end-process.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

const PROGRAM = fileURLToPath(new URL('programs/model-worker.mjs', import.meta.url));

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let folder: string;
let hub: Awaited<ReturnType<typeof serveTokenStream>>;
let worker: ChildProcess | undefined;

beforeAll(async () => {
  env = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'colloquy-killed-'));
  stack = createSessionStack(env);
  hub = await serveTokenStream(stack.stream, join(folder, 'stream.sock'));
  await stack.startOrchestrationWorker();
});
afterEach(async () => {
  if (worker) await endProcess(worker, 'SIGKILL');
});
afterAll(async () => {
  await stack.close();
  await hub.close();
  await rm(folder, { recursive: true });
  await env.teardown();
});

/** A session whose answer is being written by a process of its own, and what its reader sees. */
async function answering(ms: number) {
  const modelId = stack.newId('killed');
  const started = spawn(process.execPath, [PROGRAM, env.address, join(folder, 'stream.sock'), modelId], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  worker = started;
  await new Promise<void>((resolve, reject) => {
    started.once('exit', () => reject(new Error('the worker ended before it was ready')));
    started.stdout.once('data', () => resolve());
  });
  const session: SessionHandle = await stack.client.startSession({ modelId, persona: 'p', maxOutputTokens: 10_000 });
  const stop = new AbortController();
  let shown = '';
  const answer = session.send('Count', { signal: stop.signal, onText: (news) => (shown += news) });
  answer.catch(() => undefined);
  await expect.poll(() => shown.length).toBeGreaterThan(0);
  await sleep(ms);
  await endProcess(started, 'SIGKILL');
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
    const { workflow } = env.client;
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
