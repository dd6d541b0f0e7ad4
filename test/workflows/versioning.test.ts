import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeDeployment, setCurrentVersion } from '../../src/client/deployments.js';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { SESSIONS_TASK_QUEUE } from '../../src/domain/task-queues.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

const deploymentName = 'colloquy';
let env: TestWorkflowEnvironment;
let stack: SessionStack;
// A server of its own for each test: the current version holds for all sessions of a server.
beforeEach(async () => {
  env = await startTestServer();
  stack = createSessionStack(env);
});
afterEach(async () => {
  await stack.close();
  await env.teardown();
});

const startVersion = (buildId: string) =>
  // Without a cache each task is a replay on whichever worker gets it.
  stack.startSessionsWorker({ maxCachedWorkflows: 0, version: { deploymentName, buildId } });
/** The server learns of a version when its worker polls. */
const setCurrent = async (buildId: string): Promise<void> => {
  await expect
    .poll(async () => (await describeDeployment(stack.client, deploymentName)).versions.map((each) => each.buildId))
    .toContain(buildId);
  await expect.poll(() => setCurrentVersion(stack.client, { deploymentName, buildId }).then(() => 'set')).toBe('set');
};

/** The versions whose workers completed workflow tasks, of each run of the session in order. */
async function versionsOf(sessionId: string): Promise<string[][]> {
  const workflowId = `chat-session/${sessionId}`;
  const runs: string[][] = [];
  let { runId } = await env.client.workflow.getHandle(workflowId).describe();
  for (let next: string | undefined = runId; next !== undefined && next !== '';) {
    runId = next;
    const { events } = await env.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const builds = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
      completed ? [completed.deploymentVersion?.buildId ?? 'none'] : [],
    );
    runs.unshift([...new Set(builds)]);
    next = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return runs;
}

/** A session and a worker, without a version as always, for a model that repeats what it is told. */
async function startSession(): Promise<SessionHandle> {
  const model = createScriptedModel(
    ({ prompt }) => ({ text: `You said ${prompt.type === 'chat' ? prompt.messages.at(-1)?.text : ''}` }),
    { modelId: stack.newId('scripted') },
  );
  await stack.startModelWorker(model);
  return stack.client.startSession({ modelId: model.modelId });
}

const textsOf = async (session: SessionHandle) => (await session.transcript()).messages.map(({ text }) => text);
const conversation = (...messages: string[]) => messages.flatMap((text) => [text, `You said ${text}`]);

it('a session stays on the version that it began with, and crosses to the current one between two turns', async () => {
  const stopA = await startVersion('a');
  await setCurrent('a');
  const session = await startSession();
  await session.send('one');
  await session.send('two');
  await startVersion('b');
  // Nothing changes until the new version is the current one.
  await session.send('three');
  expect(await versionsOf(session.sessionId)).toEqual([['a']]);

  await setCurrent('b');
  await session.send('four');
  await session.send('five');
  await expect.poll(() => versionsOf(session.sessionId)).toEqual([['a'], ['b']]);
  await stopA();
  await session.send('six');
  expect(await textsOf(session)).toEqual(conversation('one', 'two', 'three', 'four', 'five', 'six'));
  expect(await session.status()).toMatchObject({ turnCount: 6, openTurns: 0 });
});

it('an answer that is being written ends on the version that began it, and what waits behind it is answered', async () => {
  await startVersion('a');
  await setCurrent('a');
  const script = [{ stall: true as const, text: 'First half' }, 'Second', 'Third'];
  const model = createScriptedModel(script, { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  const session = await stack.client.startSession({ modelId: model.modelId });
  const stop = new AbortController();
  const answer = session.send('one', { signal: stop.signal });
  await expect.poll(() => model.requests.length).toBe(1);
  await session.signalTurn('two');
  await startVersion('b');
  await setCurrent('b');
  expect(await versionsOf(session.sessionId)).toEqual([['a']]);
  stop.abort();
  expect(await answer).toMatchObject({ text: 'First half', finishReason: 'cancelled', turn: 1 });
  await expect.poll(() => versionsOf(session.sessionId)).toEqual([['a'], ['b']]);
  expect(await session.send('three')).toMatchObject({ text: 'Third', turn: 3 });
  expect(await textsOf(session)).toEqual(['one', 'First half', 'two', 'Second', 'three', 'Third']);
});

it('a session that continues as new for its length alone stays on the current version', async () => {
  await startVersion('a');
  await setCurrent('a');
  const { sessionId: shortId } = await startSession();
  const { modelId } = await stack.client.session(shortId).status();
  const sessionId = stack.newId('long');
  await env.client.workflow.start('chatSessionWorkflow', {
    workflowId: `chat-session/${sessionId}`,
    taskQueue: SESSIONS_TASK_QUEUE,
    args: [{ sessionId, settings: { modelId }, maxHistoryLength: 15 }],
  });
  const session = stack.client.session(sessionId);
  for (const text of ['one', 'two', 'three', 'four']) await session.send(text);
  const versions = await versionsOf(sessionId);
  expect(versions.length).toBeGreaterThan(1);
  expect(new Set(versions.flat())).toEqual(new Set(['a']));
  expect(await textsOf(session)).toEqual(conversation('one', 'two', 'three', 'four'));
});

it('a session that an operator pins to a version stays there, and does not continue as new in circles', async () => {
  await startVersion('a');
  await setCurrent('a');
  const session = await startSession();
  await session.send('one');
  await env.connection.workflowService.updateWorkflowExecutionOptions({
    namespace: 'default',
    workflowExecution: { workflowId: `chat-session/${session.sessionId}` },
    workflowExecutionOptions: {
      versioningOverride: { pinned: { behavior: 1, version: { deploymentName, buildId: 'a' } } },
    },
    updateMask: { paths: ['versioning_override'] },
  });
  await startVersion('b');
  await setCurrent('b');
  for (const text of ['two', 'three', 'four']) await session.send(text);
  await sleep(2_000);
  const versions = await versionsOf(session.sessionId);
  process.stdout.write(`pinned by an operator: ${JSON.stringify(versions)}\n`);
  expect(new Set(versions.flat())).toEqual(new Set(['a']));
  expect(versions.length).toBeLessThanOrEqual(4);
  expect(await textsOf(session)).toEqual(conversation('one', 'two', 'three', 'four'));
});

it('a session of workers without a version goes on with the first version that is made current', async () => {
  const stop = await stack.startSessionsWorker();
  const session = await startSession();
  await session.send('one');
  await startVersion('a');
  await session.send('two');
  expect(await versionsOf(session.sessionId)).toEqual([['none']]);
  await setCurrent('a');
  await stop();
  await session.send('three');
  expect(await textsOf(session)).toEqual(conversation('one', 'two', 'three'));
  expect((await versionsOf(session.sessionId)).flat()).toContain('a');
});

it('an operator sees the versions, and is told what is missing', async () => {
  await expect(describeDeployment(stack.client, deploymentName)).rejects.toMatchObject({
    type: 'Temporal.Deployment',
    message: expect.stringContaining('COLLOQUY_BUILD_ID=ID colloquy worker sessions'),
  });
  await startVersion('a');
  await setCurrent('a');
  await startVersion('b');
  await setCurrent('b');
  // States travel through a workflow of the server's own.
  await expect
    .poll(() => describeDeployment(stack.client, deploymentName))
    .toEqual({
      deploymentName,
      currentBuildId: 'b',
      versions: [
        { buildId: 'b', state: 'current', createdAt: expect.any(String) },
        { buildId: 'a', state: 'draining', createdAt: expect.any(String) },
      ],
    });
  await expect(setCurrentVersion(stack.client, { deploymentName, buildId: 'c' })).rejects.toMatchObject({
    type: 'Temporal.Deployment',
    message: expect.stringContaining('COLLOQUY_BUILD_ID=c colloquy worker sessions'),
  });
  expect(await setCurrentVersion(stack.client, { deploymentName, buildId: 'a' })).toBe('b');
});
