import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ToolArguments } from '../../src/domain/tools/tool-call.js';
import { calculator } from '../../src/tools/calculator.js';
import { defineTool } from '../../src/tools/tool.js';
import { ToolError } from '../../src/tools/tool-error.js';
import { createToolRegistry } from '../../src/tools/tool-registry.js';
import { createToolsWorker } from '../../src/workers/tools-worker.js';
import { startTestServer } from '../support/temporal.js';
import type { callToolWorkflow } from './programs/call-tool.js';

const keys: string[] = [];
let running = 0;
let stopped = 0;
const common = { description: 'For tests.', parameters: z.object({ failures: z.int().default(0) }) };
const tools = [
  calculator,
  defineTool({
    ...common,
    name: 'flaky',
    timeoutMs: 5000,
    maxAttempts: 3,
    run({ failures }, { idempotencyKey }) {
      keys.push(idempotencyKey);
      if (keys.length <= failures) throw new ToolError('Tool.Failed', `attempt ${keys.length}`, { retryable: true });
      return `after ${keys.length}`;
    },
  }),
  defineTool({
    ...common,
    name: 'half',
    timeoutMs: 5000,
    maxAttempts: 1,
    run: () => Promise.reject(new Error('half \ud83d of a pair', { cause: new Error('\udc00') })),
  }),
  defineTool({
    ...common,
    name: 'late',
    timeoutMs: 50,
    maxAttempts: 2,
    run: () => new Promise<string>(() => running++),
  }),
  ...['waits', 'waits-twice'].map((name, index) =>
    defineTool({
      ...common,
      name,
      timeoutMs: 60_000,
      maxAttempts: index + 1,
      run(_args, { signal }) {
        running++;
        signal.addEventListener('abort', () => stopped++);
        return new Promise<string>(() => undefined);
      },
    }),
  ),
];

let env: TestWorkflowEnvironment;
let close: () => Promise<void>;
const taskQueue = `tools-${randomUUID()}`;

beforeAll(async () => {
  env = await startTestServer();
  const { nativeConnection: connection } = env;
  const namespace = env.namespace ?? 'default';
  const workflowsPath = fileURLToPath(new URL('programs/call-tool.ts', import.meta.url));
  const workers = [
    await createToolsWorker({ connection, namespace, registry: createToolRegistry(tools), taskQueue }),
    await Worker.create({ connection, namespace, taskQueue: `${taskQueue}-workflows`, workflowsPath }),
  ];
  const ended = workers.map((worker) => worker.run());
  close = async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(ended);
  };
});

afterAll(async () => {
  await close();
  await env.teardown();
});

function start(tool: string, args: ToolArguments = {}) {
  keys.length = running = stopped = 0;
  return env.client.workflow.start<typeof callToolWorkflow>('callToolWorkflow', {
    workflowId: `call-${randomUUID()}`,
    taskQueue: `${taskQueue}-workflows`,
    args: [taskQueue, { tool, arguments: args, callId: 'c1', sessionId: 's1', turn: 1 }],
  });
}

const failureOf = async (handle: Awaited<ReturnType<typeof start>>): Promise<unknown> => {
  const error: unknown = await handle.result().catch((caught: unknown) => caught);
  // Workflow, activity, and what the tool said.
  return ((error as Error).cause as Error).cause;
};

it('calls a tool', async () => {
  const call = await start('calculator', { expression: '6 * 7' });
  expect(await call.result()).toEqual({ result: '42' });
});

it('tries again as often as the tool allows, under the same key', async () => {
  const call = await start('flaky', { failures: 2 });
  expect(await call.result()).toEqual({ result: 'after 3' });
  expect(keys).toEqual(['s1/1/c1', 's1/1/c1', 's1/1/c1']);
  expect(await failureOf(await start('flaky', { failures: 3 }))).toMatchObject({
    type: 'Tool.Failed',
    message: 'attempt 3',
  });
});

it('does not try again what cannot succeed', async () => {
  expect(await failureOf(await start('flaky', { failures: 'two' }))).toMatchObject({ type: 'Tool.InvalidArguments' });
  expect(keys).toEqual([]);
});

it('goes on after an error with half a surrogate pair, which cannot be sent as it is', async () => {
  const failure = await failureOf(await start('half'));
  expect((failure as Error).message).toContain('half \ufffd of a pair');
  expect(await (await start('calculator', { expression: '6 * 7' })).result()).toEqual({ result: '42' });
});

it('gives a late tool up, and tries again', async () => {
  expect(await failureOf(await start('late'))).toMatchObject({ type: 'Tool.TimedOut' });
  expect(running).toBe(2);
});

it('stops a tool with the workflow', async () => {
  const call = await start('waits');
  await expect.poll(() => running).toBe(1);
  await call.cancel();
  await expect(call.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(stopped).toBe(1);
});

describe('a call whose activity an operator pauses or resets', () => {
  const operate = async (
    handle: Awaited<ReturnType<typeof start>>,
    action: 'pauseActivity' | 'unpauseActivity' | 'resetActivity',
    options = {},
  ): Promise<void> => {
    const { raw } = await handle.describe();
    const id = raw.pendingActivities?.[0]?.activityId ?? '';
    const execution = { workflowId: handle.workflowId };
    const request = { namespace: env.namespace ?? 'default', execution, identity: 'operator', id, ...options };
    const { workflowService } = env.client;
    if (action === 'pauseActivity') await workflowService.pauseActivity(request);
    else if (action === 'unpauseActivity') await workflowService.unpauseActivity(request);
    else await workflowService.resetActivity(request);
  };
  const pendingOf = async (handle: Awaited<ReturnType<typeof start>>) =>
    (await handle.describe()).raw.pendingActivities?.[0];
  /** Pauses the call while its tool runs, waits until the tool was told to stop, and lets it go on. */
  const pauseAndGoOn = async (handle: Awaited<ReturnType<typeof start>>, options = {}): Promise<void> => {
    const before = stopped;
    await operate(handle, 'pauseActivity');
    await expect.poll(() => stopped).toBe(before + 1);
    await expect.poll(async () => (await pendingOf(handle))?.lastAttemptCompleteTime).toBeTruthy();
    await operate(handle, 'unpauseActivity', options);
  };

  it.each([{}, { resetAttempts: true }, { resetAttempts: true, resetHeartbeat: true }])(
    'is not made twice where the tool may run once: unpaused with %j',
    async (options) => {
      const call = await start('waits');
      await expect.poll(() => running).toBe(1);
      await pauseAndGoOn(call, options);
      expect(await failureOf(call)).toMatchObject({
        type: 'Tool.OutcomeUnknown',
        message: expect.stringContaining('the outcome of the earlier run is unknown') as string,
      });
      expect(running).toBe(1);
    },
  );

  it('is made as often as the tool may run', async () => {
    const call = await start('waits-twice');
    await expect.poll(() => running).toBe(1);
    await pauseAndGoOn(call);
    await expect.poll(() => running).toBe(2);
    await pauseAndGoOn(call);
    expect(await failureOf(call)).toMatchObject({ type: 'Tool.OutcomeUnknown' });
    expect(running).toBe(2);
  });

  it('is not made more often when an operator resets its attempts', async () => {
    const call = await start('waits-twice');
    await expect.poll(() => running).toBe(1);
    await pauseAndGoOn(call, { resetAttempts: true });
    await expect.poll(() => running).toBe(2);
    await operate(call, 'resetActivity');
    expect(await failureOf(call)).toMatchObject({ type: 'Tool.OutcomeUnknown' });
    expect(running).toBe(2);
  });
});
