import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { TOOLS_TASK_QUEUE } from '../../src/domain/task-queues.js';
import { DEV_SERVER_SETTINGS } from '../../src/workers/stack/dev-server-settings.js';
import { examineWorkers } from '../../src/workers/examine-workers.js';
import { identifyProcess, isAlive } from '../../src/run-folder/process-identity.js';
import { superviseProcess } from '../../src/workers/stack/supervised-process.js';
import type { ProcessEvent, SupervisedProcess } from '../../src/workers/stack/supervised-process.js';
import { startTestServer } from '../support/temporal.js';
import { compileSources, program } from './compiled.js';

const sources = compileSources();
const folder = mkdtempSync(join(tmpdir(), 'colloquy-unasked-'));
const logFile = join(folder, 'workers.log');
let env: TestWorkflowEnvironment;
beforeAll(async () => {
  // A server counts how long a worker was not heard of from the end of its last poll.
  env = await startTestServer({ settings: [...DEV_SERVER_SETTINGS, 'matching.longPollExpirationInterval="3s"'] });
});
afterAll(async () => {
  await env.teardown();
  rmSync(folder, { recursive: true });
});

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function supervise(behaviour: string): { supervised: SupervisedProcess; events: ProcessEvent[] } {
  const events: ProcessEvent[] = [];
  const supervised = superviseProcess({
    name: 'tools worker',
    command: process.execPath,
    args: [program('workers.mjs'), sources, env.address, TOOLS_TASK_QUEUE, behaviour],
    logFile,
    onEvent: (event) => events.push(event),
    backoff: { firstMs: 100 },
  });
  cleanUps.push(() => supervised.stop());
  return { supervised, events };
}

test(
  'a worker that stops unasked ends its process by an error, and is started again',
  { timeout: 120_000 },
  async () => {
    const { supervised, events } = supervise('drains');
    await supervised.ready;
    await vi.waitFor(() => expect(events.filter(({ type }) => type === 'ready')).toHaveLength(2), 60_000);
    expect(events.find(({ type }) => type === 'ended')).toMatchObject({ reason: 'with exit code 1', restartMs: 100 });
    expect(readFileSync(logFile, 'utf8')).toContain('A worker stopped unexpectedly');
  },
);

test('doctor tells of a worker that lives and takes no tasks', { timeout: 120_000 }, async () => {
  const { supervised } = supervise('works');
  await supervised.ready;
  const where = { address: env.address, namespace: env.namespace ?? 'default' };
  const found = async (): Promise<unknown> =>
    (await examineWorkers(where, ['some-model'], 8_000)).find(({ subject }) => subject === 'tools worker');
  await vi.waitFor(async () => expect(await found()).toMatchObject({ state: 'ok' }), 20_000);
  const pid = supervised.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  cleanUps.unshift(async () => void process.kill(pid, 'SIGCONT'));
  await vi.waitFor(async () => expect(await found()).toMatchObject({ state: 'fault' }), {
    timeout: 60_000,
    interval: 500,
  });
  expect(await found()).toEqual({
    state: 'fault',
    subject: 'tools worker',
    found: `no worker took tasks from ${TOOLS_TASK_QUEUE} in the last minute`,
    advice: expect.stringMatching(/log .* Stop the stack, .* "colloquy start"/u) as string,
  });
  expect(isAlive(identifyProcess(pid))).toBe(true);
});
