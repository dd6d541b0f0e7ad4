import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { EMPTY_HASH, hashPreamble } from '../../domain/conversation-hash.js';
import type { GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import type { LanguageModel } from '../../inference/language-model.js';
import { createScriptedModel } from '../../inference/scripted-model.js';
import { TokenLog } from '../../streaming/token-log.js';
import type { StreamEvent } from '../../streaming/token-stream.js';
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

/** Runs an attempt after others whose shown text the stream knows. @returns where it continued, and its answer */
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

const NO_USAGE = { inputTokens: 9, cachedInputTokens: 0, outputTokens: 1, durationMs: 1 };
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

it('goes on with thoughts that readers were shown beyond the checkpoint, and with the answer after them', async () => {
  const thinking = 'hm so well';
  const shownOf = async (shown: { thinking: string; text: string }, heartbeatDetails: unknown) => {
    const stream = new TokenLog();
    stream.publish('s', { type: 'thinking-delta', messageId: 'm', offset: 0, text: shown.thinking });
    if (shown.text !== '') stream.publish('s', { type: 'text-delta', messageId: 'm', offset: 0, text: shown.text });
    const model = createScriptedModel([{ thinking, text: ANSWER }]);
    const activities = createGenerationActivities({
      getModel: () => Promise.resolve(model),
      conversations: createConversations({ fromSession: none, fromArchive: none }),
      toolCalls: () => Promise.resolve([]),
      publisher: stream,
      subscriber: stream,
    });
    const attempt = { attempt: 2, heartbeatDetails };
    const environment = new MockActivityEnvironment(attempt, { logger: new DefaultLogger('ERROR') });
    const output: GenerateOutput = await environment.run((asked: GenerateInput) => activities.generate(asked), input);
    expect(output).toMatchObject({ thinking, text: ANSWER });
    const { tokens: _, ...from } = model.requests[0]?.resumeFrom ?? { tokens: [] };
    return from;
  };
  const beaten = { text: '', thinking: 'hm', tokens: [0] };
  expect(await shownOf({ thinking: 'hm so', text: '' }, beaten)).toEqual({ thinking: 'hm so', text: '' });
  expect(await shownOf({ thinking, text: 'one two' }, beaten)).toEqual({ thinking, text: 'one two' });
  // Different thoughts belong to a different answer.
  expect(await shownOf({ thinking: 'ah', text: 'one' }, beaten)).toEqual({ thinking: 'hm', text: '' });
  expect(await shownOf({ thinking: 'hm so well then', text: 'one two' }, { ...beaten, thinking, text: 'one' })).toEqual(
    {
      thinking,
      text: 'one',
    },
  );
});

it('does not ask in the first attempt', async () => {
  expect(await goOn('one two', {})).toEqual({ from: undefined, text: ANSWER });
});

it('tells readers of the wait for the first token, at most twice a second and the newest always', async () => {
  const stream = new TokenLog();
  const reading = new AbortController();
  const seen: StreamEvent[] = [];
  const read = (async () => {
    for await (const event of stream.subscribe('s', { signal: reading.signal })) seen.push(event);
  })();
  const steps = [3, 2, 1].map((done) => ({ step: 'queued', done, total: 3 }) as const);
  const model: LanguageModel = {
    ...createScriptedModel([]),
    async generate(_request, { onDelta, onProgress }) {
      for (const step of steps) onProgress?.(step);
      await sleep(700);
      onProgress?.({ step: 'reading', done: 5, total: 9 });
      onDelta({ offset: 0, text: 'Hi', tokens: [1] });
      await sleep(700);
      return { text: 'Hi', finishReason: 'stop', usage: NO_USAGE, tokensPerSecond: 0, firstTokenMs: 0 };
    },
  };
  const activities = createGenerationActivities({
    getModel: () => Promise.resolve(model),
    conversations: createConversations({ fromSession: none, fromArchive: none }),
    toolCalls: () => Promise.resolve([]),
    publisher: stream,
  });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  await environment.run((asked: GenerateInput) => activities.generate(asked), input);
  reading.abort();
  await read;
  const progress = { type: 'progress', messageId: 'm', step: 'queued', total: 3 };
  expect(seen).toEqual([
    { type: 'text-start', messageId: 'm' },
    { ...progress, done: 3 },
    // Progress between these two is not published, nor is progress that text has overtaken.
    { ...progress, done: 1 },
    { type: 'text-delta', messageId: 'm', offset: 0, text: 'Hi' },
    { type: 'text-end', messageId: 'm', finishReason: 'stop' },
  ]);
});
