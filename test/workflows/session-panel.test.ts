import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { turnPanelId } from '../../src/domain/panel/session-panel.js';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import { SESSIONS_TASK_QUEUE } from '../../src/domain/task-queues.js';
import { ModelError } from '../../src/inference/model-error.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { ScriptedModel, ScriptedReply } from '../../src/inference/scripted-model.js';
import { expert, panelRequest, panelScript } from '../support/scripted-panel.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
afterEach(() => stack.close());

const panel = { way: 'pipeline', experts: [expert('intent'), expert('reply')] } as const;

async function modelWith(answer?: (name: string, text: string) => ScriptedReply): Promise<ScriptedModel> {
  const script = panelScript(answer && { answer: ({ expert: name, text }) => answer(name, text) });
  const model = createScriptedModel(script, { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  return model;
}

describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 100 }])(
  'a session with a panel, cached %o',
  (cache) => {
    beforeEach(async () => {
      stack = createSessionStack(env);
      await stack.startSessionsWorker(cache);
    });

    it('has its turns answered by a panel each, and owns the transcript', async () => {
      const { modelId, requests } = await modelWith((name) => ({ text: `${name} says so` }));
      const session = await stack.client.startSession({ modelId, panel });
      const shown: string[] = [];
      const first = await session.send('Where is my parcel?', { onText: (text) => shown.push(text) });
      expect(first).toMatchObject({ turn: 1, text: 'reply says so', finishReason: 'stop', modelId });
      expect(shown.join('')).toBe('reply says so');
      await session.send('And now?');
      const { messages } = await session.transcript();
      expect(messages.map(({ role, text }) => `${role}: ${text}`)).toEqual([
        'user: Where is my parcel?',
        'assistant: reply says so',
        'user: And now?',
        'assistant: reply says so',
      ]);
      const result = await stack.client.panel(turnPanelId(session.sessionId, 2)).result();
      expect(result.contributions.map(({ expert: name }) => name)).toEqual(['intent', 'reply']);
      // The second panel is told what was said before; its last request is about its own answer.
      expect(panelRequest(requests.at(-2) ?? never()).text).toContain('| User: Where is my parcel?');
      expect((await session.status()).usage.outputTokens).toBeGreaterThan(result.usage.outputTokens);
      // Without a panel again, the model answers by itself.
      await session.changeSettings({ panel: null });
      expect((await session.send('Thanks')).text).toBe('All in all, so be it.');
    });

    it('stops the panel with the turn', async () => {
      const { modelId } = await modelWith((name) => (name === 'intent' ? 'a parcel' : { stall: true, text: 'half' }));
      const session = await stack.client.startSession({ modelId, panel });
      const sent = session.send('Where is it?').catch((error: unknown) => error);
      const behind = stack.client.panel(turnPanelId(session.sessionId, 1));
      await expect
        .poll(async () => (await behind.status().catch(() => undefined))?.questions.map(({ state }) => state).join())
        .toBe('answered,asking');
      await session.cancelTurn();
      expect(await sent).toMatchObject({ type: 'TurnCancelled' });
      expect(await behind.result()).toMatchObject({ outcome: 'cancelled', contributions: [{ expert: 'intent' }] });
      expect((await stack.client.listPanels()).find(({ panelId }) => panelId === behind.panelId)?.state).toBe(
        'cancelled',
      );
    });

    it('fails a turn that no expert answers, and takes the next one', async () => {
      const broken = new ModelError('Model.Unsupported', 'No such decoding.');
      const { modelId } = await modelWith((_name, text) => (text.includes('Fail') ? broken : 'fine'));
      const session = await stack.client.startSession({
        modelId,
        panel: { ...panel, limits: { deadlineSeconds: 60 } },
      });
      const failed = session.send('Fail');
      await expect(failed).rejects.toMatchObject({ type: 'Model.Unavailable' });
      await expect(failed).rejects.toThrow('No such decoding.');
      expect((await session.send('Go on')).text).toBe('fine');
    });

    it('continues as new between turns, with its panel', async () => {
      const { modelId } = await modelWith();
      const sessionId = stack.newId('long');
      await env.client.workflow.start('chatSessionWorkflow', {
        workflowId: sessionWorkflowId(sessionId),
        taskQueue: SESSIONS_TASK_QUEUE,
        args: [{ sessionId, settings: { modelId, panel }, maxHistoryLength: 20, archive: false }],
      });
      const session = stack.client.session(sessionId);
      const { runId } = await env.client.workflow.getHandle(sessionWorkflowId(sessionId)).describe();
      for (let turn = 1; turn <= 3; turn++)
        expect(await session.send(`Message ${turn}`)).toMatchObject({ turn, text: 'reply says so' });
      expect((await env.client.workflow.getHandle(sessionWorkflowId(sessionId)).describe()).runId).not.toBe(runId);
      expect((await session.transcript()).messages).toHaveLength(6);
      await session.end();
    });
  },
);

it('refuses a faulty panel before anything starts', async () => {
  stack = createSessionStack(env);
  const start = (faulty: object): Promise<unknown> =>
    stack.client.startSession({ modelId: 'm', panel: { experts: [expert('law')], ...faulty } });
  await expect(start({ experts: [] })).rejects.toMatchObject({ type: 'InvalidRequest' });
  await expect(start({ way: 'brawl' })).rejects.toThrow('"panel.way" must be one of');
});

function never(): never {
  throw new Error('not there');
}
