import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createSessionExpert } from '../../src/api/session-expert.js';
import { ModelError } from '../../src/inference/model-error.js';
import { createScriptedModel, type Script } from '../../src/inference/scripted-model.js';
import { createSessionStack, type SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
beforeEach(() => {
  stack = createSessionStack(env);
});
afterEach(() => stack.close());

const profile = { name: 'law-expert', responsibility: 'Law.', persona: 'You are a lawyer.' };
const signal = new AbortController().signal;

/** Workers of a model with this script, and who asks it. */
async function expertOf(script: Script, timeoutSeconds = 30) {
  const model = createScriptedModel(script);
  await Promise.all([stack.startSessionsWorker(), stack.startModelWorker(model)]);
  await expect.poll(() => stack.client.missingWorkers('scripted')).toEqual([]);
  const ask = createSessionExpert({ client: stack.client, profile, modelId: 'scripted', timeoutSeconds });
  return { ask, model };
}

it('asks the model once for a key, while the answer is written and after', async () => {
  const { ask, model } = await expertOf([{ text: 'one two three', delayMs: 200 }, 'four']);
  const idempotencyKey = stack.newId('key');
  const together = await Promise.all([1, 2, 3].map(() => ask('What is law?', { idempotencyKey, signal })));
  const answers = [...together, await ask('What is law?', { idempotencyKey, signal })];
  expect(answers.map(({ response }) => response)).toEqual(Array(4).fill('one two three'));
  expect(model.requests).toHaveLength(1);
  await expect(ask('What else?', { idempotencyKey, signal })).rejects.toMatchObject({ status: 422 });
  expect(await ask('What is law?', { signal })).toEqual({ response: 'four' });
});

it('tells of a failure again when it is asked again', async () => {
  const { ask, model } = await expertOf([new ModelError('Model.OutputRejected', 'no'), 'better']);
  const idempotencyKey = stack.newId('key');
  for (let i = 0; i < 2; i++) {
    const asking = ask('What is law?', { idempotencyKey, signal });
    await expect(asking).rejects.toMatchObject({ type: 'Model.OutputRejected', message: 'no' });
  }
  expect(model.requests).toHaveLength(1);
  expect(await ask('What is law?', { idempotencyKey: stack.newId('key'), signal })).toEqual({ response: 'better' });
});

it('gives what was written when time is over, and ends the session', async () => {
  const { ask } = await expertOf([{ stall: true, text: 'so far' }], 2);
  expect(await ask('What is law?', { idempotencyKey: stack.newId('key'), signal })).toEqual({ response: 'so far' });
  await expect
    .poll(async () => (await stack.client.listSessions()).filter(({ state }) => state === 'open'))
    .toEqual([]);
});

it('does not wait for a worker that is not there', async () => {
  const ask = createSessionExpert({ client: stack.client, profile, modelId: 'absent', timeoutSeconds: 30 });
  await expect(ask('x', { signal })).rejects.toMatchObject({
    type: 'Model.Unavailable',
    message: expect.stringContaining('the model "absent"') as string,
  });
});
