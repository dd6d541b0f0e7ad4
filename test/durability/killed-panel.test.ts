import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createColloquyClient } from '../../src/client/colloquy-client.js';
import { expertWorkflowId, panelWorkflowId } from '../../src/domain/panel/panel-id.js';
import { expert } from '../support/scripted-panel.js';
import { startTestServer } from '../support/temporal.js';

const PROGRAM = fileURLToPath(new URL('programs/panel-worker.mjs', import.meta.url));
const QUESTIONS = [
  ['law', '1.1'],
  ['steel', '1.2'],
  ['law', '2.1'],
  ['steel', '2.2'],
] as const;

let env: TestWorkflowEnvironment;
const workers: ChildProcess[] = [];
/** What the models were asked, by all workers that ever ran. */
const asked: string[] = [];

beforeAll(async () => {
  env = await startTestServer();
});
afterAll(async () => {
  await killAll();
  await env.teardown();
});

async function startWorkers(): Promise<void> {
  await Promise.all(
    ['workflows', 'model'].map(async (role) => {
      const worker = spawn(process.execPath, [PROGRAM, env.address, role], { stdio: ['ignore', 'pipe', 'ignore'] });
      workers.push(worker);
      let output = '';
      await new Promise<void>((resolve, reject) => {
        worker.once('exit', () => reject(new Error(`the worker for ${role} ended before it was ready`)));
        worker.stdout.on('data', (chunk: Buffer) => {
          const lines = (output + chunk.toString('utf8')).split('\n');
          output = lines.pop() ?? '';
          for (const line of lines) {
            if (line === 'ready') resolve();
            else asked.push(line);
          }
        });
      });
    }),
  );
}

async function killAll(): Promise<void> {
  await Promise.all(
    workers.splice(0).map(async (worker) => {
      const ended = once(worker, 'exit');
      worker.kill('SIGKILL');
      await ended;
    }),
  );
}

/** Of its activities that a model was asked by: how many were scheduled, how many completed, and by which attempt the last one began. */
async function modelActivities(workflowId: string) {
  const { events } = await env.client.workflow.getHandle(workflowId).fetchHistory();
  const all = events ?? [];
  return {
    runs: all.filter((event) => event.workflowExecutionStartedEventAttributes).length,
    scheduled: all.filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'completePrompt',
    ).length,
    completed: all.filter((event) => event.activityTaskCompletedEventAttributes).length,
    attempts: all.flatMap(({ activityTaskStartedEventAttributes: started }) => (started ? [started.attempt ?? 0] : [])),
  };
}

it('a panel whose workers are all killed in the middle of round 2 completes, and no finished answer is asked for again', async () => {
  const client = createColloquyClient({
    connection: env.connection,
    address: env.address,
    namespace: 'default',
    archive: false,
  });
  await startWorkers();
  const panel = await client.startPanel({
    panelId: 'killed',
    task: 'Build a bridge',
    experts: [expert('law'), expert('steel')],
    modelId: 'killed',
  });
  const states = async (): Promise<string> => (await panel.status()).questions.map(({ state }) => state).join();
  await expect.poll(states).toBe('answered,answered,answered,asking');
  // Some of the last answer is written, and a beat has carried it.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await killAll();
  expect(asked).toContain('answer steel 2');
  expect(asked.filter((step) => step === 'assessment steel')).toHaveLength(1);
  await startWorkers();

  const result = await panel.result();
  expect(result).toMatchObject({ outcome: 'complete', rounds: 2, conclusion: 'All in all, so be it.', absent: [] });
  expect(result.contributions.map(({ expert: name, questionId }) => [name, questionId])).toEqual(QUESTIONS);
  expect(result.contributions.at(-1)?.text).toMatch(/^steel 2: word0 .* word29$/u);

  for (const [name, questionId] of QUESTIONS) {
    const history = await modelActivities(expertWorkflowId('killed', name, questionId));
    // The answer, and the word on it: each scheduled once.
    expect(history).toMatchObject({ runs: 1, scheduled: 2, completed: 2 });
    expect(history.attempts).toEqual(questionId === '2.2' ? [2, 1] : [1, 1]);
  }
  // A plan, two verdicts, a synthesis.
  expect(await modelActivities(panelWorkflowId('killed'))).toMatchObject({ scheduled: 4, completed: 4 });
  expect(asked.toSorted()).toEqual(
    [
      'plan',
      'answer law 1',
      'answer steel 1',
      'assessment law',
      'assessment steel',
      'verdict',
      'answer law 2',
      'assessment law',
      'answer steel 2',
      // What was interrupted goes on from where it was.
      'answer steel 2 resumed',
      'assessment steel',
      'verdict',
      'synthesis',
    ].toSorted(),
  );
});
