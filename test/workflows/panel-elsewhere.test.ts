import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createExpertApp } from '../../src/api/expert-app.js';
import { createPanelRunner } from '../../src/api/run-panel.js';
import { serveApp } from '../../src/api/serve-app.js';
import { createSessionExpert } from '../../src/api/session-expert.js';
import { remoteProfile } from '../../src/experts/expert-url.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { createToolRegistry } from '../../src/tools/tool-registry.js';
import { expert, panelRequest, panelScript, plan } from '../support/scripted-panel.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
beforeEach(async () => {
  stack = createSessionStack(env);
  await stack.startSessionsWorker({ maxCachedWorkflows: 0 });
  await stack.startToolsWorker(createToolRegistry([]));
});
afterEach(() => stack.close());

const signal = new AbortController().signal;
const coordinator = expert('chair');

it('asks an expert that thinks for longer than one call may take, once for each request', async () => {
  const lawyer = createScriptedModel([{ text: 'law says so', delayMs: 2_200 }, { text: 'law says so too' }], {
    modelId: stack.newId('lawyer'),
  });
  const chair = createScriptedModel(panelScript({ plan: () => plan(['law', 'What is allowed?']) }), {
    modelId: stack.newId('chair'),
  });
  await Promise.all([stack.startModelWorker(lawyer), stack.startModelWorker(chair)]);
  await expect.poll(() => stack.client.missingWorkers(lawyer.modelId)).toEqual([]);
  await expect.poll(() => stack.client.missingWorkers(chair.modelId)).toEqual([]);
  const profile = expert('law');
  const answer = createSessionExpert({
    client: stack.client,
    profile,
    modelId: lawyer.modelId,
    timeoutSeconds: 60,
  });
  const app = createExpertApp({ profile, answer, timeoutMs: 60_000, onUnforeseen: () => undefined });
  const end = new AbortController();
  let serving = Promise.resolve();
  const url = await new Promise<string>((resolve) => {
    serving = serveApp(app, { host: '127.0.0.1', port: 0, signal: end.signal, onReady: (at) => resolve(at.url) });
  });
  const run = createPanelRunner({ client: stack.client, modelId: chair.modelId, timeoutSeconds: 60 });
  const request = { task: 'Build a bridge', coordinator, experts: [remoteProfile('law', url)] };
  const idempotencyKey = stack.newId('key');
  const [first, joined] = await Promise.all([1, 2].map(() => run(request, { signal, idempotencyKey })));
  expect(first).toEqual(joined);
  expect(first?.absent).toEqual([]);
  expect(first?.response).toContain('### law\n\n> What is allowed?\n\nlaw says so');
  expect(lawyer.requests).toHaveLength(1);
  expect(panelRequest(lawyer.requests[0] ?? never()).text).toBe(
    "The panel's task:\nBuild a bridge\n\nYour question:\nWhat is allowed?\n\nAnswer your question from your own field.",
  );
  await expect(run({ ...request, task: 'x' }, { signal, idempotencyKey })).rejects.toMatchObject({ status: 422 });
  // Tasks that are alike for longer than a status tells, or but for their lines.
  const long = { ...request, task: `Build a bridge. ${'It must stand for long. '.repeat(40)}North bank.` };
  const longKey = stack.newId('key');
  await run(long, { signal, idempotencyKey: longKey });
  for (const task of [long.task.replace('North', 'South'), long.task.replace('. It', '.\n\nIt')]) {
    await expect(run({ ...long, task }, { signal, idempotencyKey: longKey })).rejects.toMatchObject({ status: 422 });
  }
  end.abort();
  await serving;
});

it('says who is away, and fails when nobody is there', async () => {
  const model = createScriptedModel(panelScript(), { modelId: stack.newId('chair') });
  await stack.startModelWorker(model);
  await expect.poll(() => stack.client.missingWorkers(model.modelId)).toEqual([]);
  const run = createPanelRunner({ client: stack.client, modelId: model.modelId, timeoutSeconds: 60 });
  const away = { ...remoteProfile('away', 'http://127.0.0.1:9'), maxAttempts: 1 };
  const both = await run({ task: 'Build a bridge', coordinator, experts: [expert('here'), away] }, { signal });
  expect(both.absent).toEqual([
    {
      expert: 'away',
      reason: expect.stringMatching(/^The expert at http:\/\/127\.0\.0\.1:9\/chat cannot be/u) as string,
    },
  ]);
  expect(both.response).toMatch(/## Who did not answer\n\n- \*\*away\*\* \(failed\)/u);
  await expect(run({ task: 'Build a bridge', coordinator, experts: [away] }, { signal })).rejects.toMatchObject({
    status: 503,
    message: expect.stringMatching(/^No expert answered\. away: /u) as string,
  });
});

function never(): never {
  throw new Error('missing');
}
