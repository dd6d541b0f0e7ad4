import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer } from '../support/temporal.js';
import type { PoisonWay, poison, poisonedAnswers, sound } from './programs/poison.js';

/**
 * What becomes of each: `done`, as payloads are bytes of JSON, in which halves are escaped; `refused`, as the command cannot be sent; `fails`
 * with a mended text; `bug`: the workflow's task fails until somebody mends the code, as any plain error makes it.
 */
const WAYS: Readonly<Record<PoisonWay, 'done' | 'refused' | 'fails' | 'bug'>> = {
  'activity input': 'done',
  'activity id': 'refused',
  'activity queue': 'refused',
  'activity summary': 'done',
  'fairness key': 'refused',
  memo: 'done',
  'memo key': 'refused',
  'search attribute': 'done',
  'search attribute key': 'refused',
  'timer summary': 'done',
  details: 'done',
  'continue-as-new': 'done',
  'child input': 'done',
  'child id': 'refused',
  'child memo key': 'refused',
  signal: 'fails',
  'signal name': 'refused',
  'signal target': 'refused',
  result: 'done',
  'failure message': 'fails',
  'failure type': 'fails',
  'failure details': 'fails',
  'failure cause': 'fails',
  'details that cannot be encoded': 'fails',
  'plain error': 'bug',
  'plain cause': 'bug',
  'thrown text': 'bug',
  'named error': 'bug',
  'unhandled rejection': 'bug',
  done: 'done',
};

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
beforeAll(async () => {
  env = await startTestServer();
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: file('programs/poison.ts'),
    workflowInterceptorModules: [file('../../dist/workflows/check-input.js')],
    payloadConverterPath: file('../../dist/workflows/converters/payload-converter.js'),
    failureConverterPath: file('../../dist/workflows/converters/failure-converter.js'),
    logger: new DefaultLogger('ERROR'),
  });
  const activities = { work: (text: string): Promise<string> => Promise.resolve(`re: ${text}`) };
  worker = await Worker.create({ connection: env.nativeConnection, taskQueue: 'poison', workflowBundle, activities });
  running = worker.run();
  running.catch(() => undefined);
});
afterAll(async () => {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await running.catch(() => undefined);
  await env.teardown();
});

let count = 0;
interface Programs {
  readonly poison: typeof poison;
  readonly poisonedAnswers: typeof poisonedAnswers;
  readonly sound: typeof sound;
}

async function start(type: keyof Programs, args: unknown[] = []): Promise<WorkflowHandle> {
  return env.client.workflow.start(type, { taskQueue: 'poison', workflowId: `${type}-${++count}`, args });
}

async function assertOthersGoOn(): Promise<void> {
  const other = await start('sound');
  const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'late'));
  expect(await Promise.race([other.result(), late])).toBe('re: sound');
  expect(worker.getState()).toBe('RUNNING');
}

async function failedTasks(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? []);
}

const ways = Object.entries(WAYS);

describe('half of a surrogate pair that a workflow sends harms it alone', () => {
  it.each(ways.filter(([, outcome]) => outcome !== 'bug'))('%s: %s', async (way, outcome) => {
    const handle = await start('poison', [way]);
    const late = new Promise((resolve) => setTimeout(resolve, 15_000, 'late'));
    const ended = handle.result().then(
      () => 'done',
      ({ cause }: { cause?: { type?: string } }) => (cause?.type === 'InvalidRequest' ? 'refused' : 'fails'),
    );
    expect(await Promise.race([ended, late])).toBe(outcome);
    await assertOthersGoOn();
  });

  it.each(ways.filter(([, outcome]) => outcome === 'bug'))('%s: %s', async (way) => {
    const handle = await start('poison', [way]);
    await expect.poll(() => failedTasks(handle), { timeout: 10_000 }).not.toEqual([]);
    await assertOthersGoOn();
    await handle.terminate();
  });

  it('in what it answers to queries and updates', async () => {
    const handle = await start('poisonedAnswers');
    expect(await handle.query('answers')).toBe('\ud83d');
    await expect(handle.query('fails')).rejects.toThrow('\uFFFD');
    await expect(handle.executeUpdate('fails')).rejects.toMatchObject({ cause: { message: '\uFFFD' } });
    await expect(handle.executeUpdate('refuses')).rejects.toMatchObject({ cause: { message: '\uFFFD' } });
    await assertOthersGoOn();
    await handle.signal('breaks');
    await expect.poll(() => failedTasks(handle), { timeout: 10_000 }).not.toEqual([]);
    await assertOthersGoOn();
    await handle.terminate();
  });
});
