import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { EMPTY_HASH, hashPreamble } from '../domain/conversation-hash.js';
import type { GenerateInput, GenerateOutput } from '../domain/generation.js';
import { createScriptedModel } from '../inference/scripted-model.js';
import { TokenLog } from '../streaming/token-log.js';
import { createConversations } from './conversations.js';
import { createGenerationActivities } from './generation.js';

const ANSWER = 'one two three four five';
const none = (): Promise<never> => Promise.reject(new Error('not asked here'));

const input: GenerateInput = {
  sessionId: 's',
  modelId: 'scripted',
  turn: 1,
  message: { messageId: 'm', text: 'Count.' },
  head: 0,
  contextFromTurn: 1,
  pathHash: EMPTY_HASH,
  preambleHash: hashPreamble({ persona: 'p' }),
  persona: 'p',
  maxOutputTokens: 100,
};

/** Runs an attempt after others, of which the stream knows what they showed. @returns where it went on, and its answer */
async function goOn(
  shown: string | undefined,
  attempt: Partial<MockActivityEnvironment['context']['info']>,
  given = input,
) {
  const stream = new TokenLog();
  if (shown !== undefined) {
    stream.publish('s', { type: 'text-start', messageId: 'm' });
    stream.publish('s', { type: 'text-delta', messageId: 'm', offset: 0, text: shown });
  }
  const model = createScriptedModel([ANSWER]);
  const activities = createGenerationActivities({
    getModel: () => Promise.resolve(model),
    conversations: createConversations({ fromSession: none, fromArchive: none }),
    toolCalls: () => Promise.resolve([]),
    publisher: stream,
    subscriber: stream,
  });
  const environment = new MockActivityEnvironment(attempt, { logger: new DefaultLogger('ERROR') });
  const output: GenerateOutput = await environment.run((asked: GenerateInput) => activities.generate(asked), given);
  return { from: model.requests[0]?.resumeFrom?.text, text: output.text };
}

const CHECKPOINT = { text: 'one', tokens: [0] };

it('goes on after what readers were shown beyond the checkpoint', async () => {
  const attempt = { attempt: 2, heartbeatDetails: CHECKPOINT };
  expect(await goOn('one two three', attempt)).toEqual({ from: 'one two three', text: ANSWER });
});

it('goes on after what readers were shown where there is no checkpoint', async () => {
  expect(await goOn('one two', { attempt: 2 })).toEqual({ from: 'one two', text: ANSWER });
});

it('asks too when another activity may have begun the answer', async () => {
  const taken = { ...input, resumeFrom: { text: '', tokens: [] } };
  expect(await goOn('one two', {}, taken)).toEqual({ from: 'one two', text: ANSWER });
});

it('goes on from the checkpoint where the stream knows less, something else, or nothing', async () => {
  const attempt = { attempt: 2, heartbeatDetails: { text: 'one two', tokens: [0, 1] } };
  for (const shown of ['one', 'ten eleven twelve', undefined]) {
    expect(await goOn(shown, attempt)).toEqual({ from: 'one two', text: ANSWER });
  }
});

it('does not ask in the first attempt', async () => {
  expect(await goOn('one two', {})).toEqual({ from: undefined, text: ANSWER });
});
