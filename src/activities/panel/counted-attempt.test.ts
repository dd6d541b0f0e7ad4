import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import type { CompletionInput } from '../../domain/panel/completion.js';
import { ModelError } from '../../inference/model-error.js';
import { createScriptedModel } from '../../inference/scripted-model.js';
import type { ScriptedReply } from '../../inference/scripted-model.js';
import { createPanelActivities } from './panel.js';

const INPUT: CompletionInput = {
  modelId: 'scripted',
  prompt: { persona: 'p', material: [], question: 'Count.' },
  maxOutputTokens: 100,
  maxAttempts: 3,
  cacheKey: 'panel',
};

/** Runs one attempt at a step. @returns where it continued, how it ended, and its last heartbeat */
async function attemptOf(reply: ScriptedReply, heartbeatDetails?: unknown) {
  const model = createScriptedModel([reply]);
  const activities = createPanelActivities({ getModel: () => Promise.resolve(model) });
  const attempt = { attempt: 2, heartbeatDetails };
  const environment = new MockActivityEnvironment(attempt, { logger: new DefaultLogger('ERROR') });
  const beats: unknown[] = [];
  environment.on('heartbeat', (details) => beats.push(details));
  const ended: unknown = await environment
    .run((input: CompletionInput) => activities.completePrompt(input), INPUT)
    .catch((error: unknown) => error);
  return { resumeFrom: model.requests[0]?.resumeFrom, ended, beat: beats.at(-1) };
}

it('goes on from the text that an attempt before beat, and from nothing where it beat only its failures', async () => {
  const { resumeFrom, ended } = await attemptOf('one two three', { text: 'one', tokens: [0], failures: 1 });
  expect(resumeFrom).toEqual({ text: 'one', tokens: [0] });
  expect(ended).toMatchObject({ text: 'one two three', finishReason: 'stop' });
  expect((await attemptOf('one', { text: '', tokens: [], failures: 1 })).resumeFrom).toBeUndefined();
});

it('counts failures of the model in its beats, with the text, and gives up with the last', async () => {
  const failure = new ModelError('Model.Unavailable', 'The server is away.');
  const reply = { text: 'one two', failure };
  const first = await attemptOf(reply);
  expect(first.beat).toEqual({ text: 'one two', tokens: [0, 1], failures: 1 });
  expect(first.ended).toMatchObject({ type: 'Model.Unavailable', nonRetryable: false });
  const last = await attemptOf(reply, { text: 'one', tokens: [0], failures: 2 });
  expect(last.beat).toEqual({ text: 'one two', tokens: [0, 1], failures: 3 });
  expect(last.ended).toBeInstanceOf(ApplicationFailure);
  expect(last.ended).toMatchObject({ type: 'Model.Unavailable', nonRetryable: true });
});
