import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { backgroundPriority, turnPriority } from '../../src/domain/priorities.js';
import type { WorkPriority } from '../../src/domain/priorities.js';
import type { QueuedWork, queueWork } from '../support/queue-work.js';
import { DEV_SERVER_SETTINGS } from '../../src/workers/stack/dev-server-settings.js';
import { startTestServer } from '../support/temporal.js';

/** The server tells a backlog's size from a cache of some seconds otherwise. */
const FRESH_STATS = 'matching.TaskQueueInfoByBuildIdTTL="10ms"';

let bundle: WorkflowBundle;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('../support/queue-work.ts', import.meta.url));
  bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
});

/** Puts work on a model's queue that nobody serves yet, one workflow after the other; then one server takes it piece by piece. */
async function orderOfService(
  env: TestWorkflowEnvironment,
  queue: string,
  arrivals: QueuedWork[][],
): Promise<string[]> {
  const { nativeConnection: connection, client } = env;
  const workflows = await Worker.create({ connection, taskQueue: `${queue}/workflows`, workflowBundle: bundle });
  return workflows.runUntil(async () => {
    const handles: WorkflowHandle[] = [];
    for (const [index, works] of arrivals.entries()) {
      const before = arrivals.slice(0, index + 1).flat().length;
      handles.push(
        await client.workflow.start<typeof queueWork>('queueWork', {
          workflowId: `${queue}-${index}`,
          taskQueue: `${queue}/workflows`,
          args: [queue, works],
        }),
      );
      await expect.poll(() => backlog(env, queue), { timeout: 30_000 }).toBe(before);
    }
    const order: string[] = [];
    const serve = async (name: string): Promise<void> => void order.push(name);
    const server = await Worker.create({
      connection,
      taskQueue: queue,
      activities: { serve },
      maxConcurrentActivityTaskExecutions: 1,
    });
    await server.runUntil(() => Promise.all(handles.map((handle) => handle.result())));
    return order;
  });
}

async function backlog(env: TestWorkflowEnvironment, queue: string): Promise<number> {
  const { stats } = await env.connection.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: queue },
    taskQueueType: 2,
    reportStats: true,
  });
  return Number(stats?.approximateBacklogCount ?? 0);
}

const works = (count: number, name: string, priority?: WorkPriority): QueuedWork[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${name} ${index}`, ...(priority && { priority }) }));

/** One user floods the queue, then another one asks for a single answer. */
const flood = (priorityOf: (userId: string) => WorkPriority | undefined): QueuedWork[][] => [
  works(100, 'greedy', priorityOf('greedy')),
  works(1, 'modest', priorityOf('modest')),
];
/** Two users have background work, then one asks for answers. */
const errands = (turn?: WorkPriority, background?: WorkPriority): QueuedWork[][] => [
  works(40, 'background', background),
  works(10, 'turn', turn),
];

describe('on a server set as that of npm start', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await startTestServer({ settings: [...DEV_SERVER_SETTINGS, FRESH_STATS] });
  });
  afterAll(() => env.teardown());

  it('a user with 100 answers to come does not starve one with a single one', async () => {
    const order = await orderOfService(env, 'flood', flood(turnPriority));
    const position = order.indexOf('modest 0') + 1;
    process.stdout.write(`the other's answer is number ${position} of ${order.length}\n`);
    expect(order).toHaveLength(101);
    expect(position).toBeLessThanOrEqual(5);
  });

  it('background work waits for the answers that users wait for, also those of the same user', async () => {
    const order = await orderOfService(env, 'errands', errands(turnPriority('ada'), backgroundPriority('ada')));
    const last = Math.max(...order.flatMap((name, index) => (name.startsWith('turn') ? [index + 1] : [])));
    process.stdout.write(`the last of 10 answers is number ${last} of ${order.length}\n`);
    expect(order).toHaveLength(50);
    expect(last).toBeLessThanOrEqual(11);
  });

  // Controls: what is asserted above does not come by itself.
  it('without keys both come last', async () => {
    expect(
      (
        await orderOfService(
          env,
          'flood-plain',
          flood(() => undefined),
        )
      ).indexOf('modest 0'),
    ).toBeGreaterThan(90);
    const order = await orderOfService(env, 'errands-plain', errands());
    expect(order.indexOf('turn 0')).toBeGreaterThanOrEqual(35);
  });
});

describe('on a server that does not look at fairness keys', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    const settings = DEV_SERVER_SETTINGS.filter((setting) => !setting.includes('Fairness'));
    env = await startTestServer({ settings: [...settings, FRESH_STATS] });
  });
  afterAll(() => env.teardown());

  it('the other user waits for all 100, whatever the keys', async () => {
    const order = await orderOfService(env, 'flood', flood(turnPriority));
    const position = order.indexOf('modest 0') + 1;
    process.stdout.write(`without fairness it is number ${position} of ${order.length}\n`);
    expect(position).toBeGreaterThan(90);
  });
});

it('work that waited on a server without these settings is served by one with them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-settings-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const dbFilename = join(folder, 'temporal.db');
  const taskQueue = 'waiting/workflows';
  const before = await startTestServer({ settings: [FRESH_STATS], dbFilename });
  const first = await Worker.create({ connection: before.nativeConnection, taskQueue, workflowBundle: bundle });
  await first.runUntil(async () => {
    const args: Parameters<typeof queueWork> = ['waiting', works(30, 'early')];
    await before.client.workflow.start<typeof queueWork>('queueWork', { workflowId: 'waiting', taskQueue, args });
    await expect.poll(() => backlog(before, 'waiting'), { timeout: 30_000 }).toBe(30);
  });
  await before.teardown();

  const env = await startTestServer({ dbFilename });
  const { nativeConnection: connection } = env;
  const served = new Set<string>();
  const serve = async (name: string): Promise<void> => void served.add(name);
  const workflows = await Worker.create({ connection, taskQueue, workflowBundle: bundle });
  const server = await Worker.create({ connection, taskQueue: 'waiting', activities: { serve } });
  await workflows.runUntil(server.runUntil(() => env.client.workflow.getHandle('waiting').result()));
  expect(served.size).toBe(30);
  await env.teardown();
});
