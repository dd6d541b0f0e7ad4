import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportSession, sessionMarkdown } from '../../src/domain/session/session-export.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;

beforeAll(async () => {
  env = await startTestServer();
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
});
afterAll(async () => {
  await stack.close();
  await env.teardown();
});

it('shows, keeps and exports thoughts apart from the answer, and hands them to the template of the next prompt', async () => {
  const modelId = stack.newId('thinker');
  const model = createScriptedModel(() => ({ thinking: 'The sky scatters light.', text: 'It is blue.', delayMs: 10 }), {
    modelId,
  });
  await stack.startModelWorker(model);
  const session = await stack.client.startSession({ modelId, persona: 'p' });
  const shown = { thinking: '', text: '' };
  const result = await session.send('Why?', {
    onThinking: (news) => {
      expect(shown.text).toBe('');
      shown.thinking += news;
    },
    onText: (news) => (shown.text += news),
  });
  expect(shown).toEqual({ thinking: 'The sky scatters light.', text: 'It is blue.' });
  expect(result).toMatchObject({ ...shown, usage: { outputTokens: 7, thinkingTokens: 4 } });

  await session.send('And?');
  expect(model.requests[1]?.prompt).toMatchObject({
    messages: [{ text: 'Why?' }, { role: 'assistant', ...shown }, { text: 'And?' }],
  });

  const { messages, settings, head } = await session.transcript();
  expect(messages[1]).toMatchObject(shown);
  const turns = await session.turns();
  const exported = exportSession({ sessionId: session.sessionId, settings, head, turns });
  expect(exported.turns[0]?.answer).toMatchObject(shown);
  expect(sessionMarkdown(exported)).toContain('**Thoughts**:\n\n> The sky scatters light.');
});

it('has a model think as the settings say', async () => {
  const modelId = stack.newId('thinker');
  const model = createScriptedModel(() => ({ thinking: 'one two three four', text: 'Yes.' }), { modelId });
  await stack.startModelWorker(model);
  const session = await stack.client.startSession({ modelId, persona: 'p', thinking: { enabled: false } });
  const silent = await session.send('Hm?');
  expect(silent).not.toHaveProperty('thinking');
  expect(model.requests[0]?.prompt).toMatchObject({ thinking: false });

  await session.changeSettings({ thinking: { enabled: true, maxTokens: 2 } });
  expect(await session.send('And now?')).toMatchObject({ thinking: 'one two', text: 'Yes.' });
  expect(model.requests[1]).toMatchObject({ prompt: { thinking: true }, maxThinkingTokens: 2 });

  for (const thinking of [{ enabled: 'no' }, { maxTokens: -1 }, { maxTokens: 1.5 }, null, 5]) {
    // eslint-disable-next-line typescript/no-unsafe-type-assertion -- as a client without types sends it
    const change = { thinking } as unknown as Parameters<typeof session.changeSettings>[0];
    await expect(session.changeSettings(change)).rejects.toMatchObject({ type: 'InvalidRequest' });
  }
});
