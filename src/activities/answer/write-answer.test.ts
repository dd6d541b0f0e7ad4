import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { createScriptedModel } from '../../inference/scripted-model.js';
import type { GenerateResult, LanguageModel } from '../../inference/language-model.js';
import type { StreamEvent } from '../../streaming/token-stream.js';
import { writeAnswer } from './write-answer.js';

const QUESTION = { type: 'chat', messages: [{ role: 'user', text: 'Count.' }] } as const;
const ABOUT = { sessionId: 's', messageId: 'm', isShown: true };

function environmentOf(info: Partial<MockActivityEnvironment['context']['info']> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

/** A model that writes as many tokens as it may, one per delta, without a pause. */
const endless: LanguageModel = {
  ...createScriptedModel([]),
  async generate({ maxOutputTokens }, { onDelta }) {
    for (let token = 0; token < maxOutputTokens; token++) onDelta({ offset: token, text: 'x', tokens: [token] });
    const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: maxOutputTokens, durationMs: 1 };
    return { text: 'x'.repeat(maxOutputTokens), finishReason: 'length', usage, tokensPerSecond: 0, firstTokenMs: 0 };
  },
};

it('writes plain messages, streams them, and goes on where an attempt before stopped', async () => {
  const seen: StreamEvent[] = [];
  const publisher = { publish: (_: string, event: StreamEvent) => void seen.push(event) };
  const model = createScriptedModel(['one two three']);
  const written: GenerateResult = await environmentOf({
    attempt: 2,
    heartbeatDetails: { text: 'one', tokens: [0] },
  }).run(() => writeAnswer(ABOUT, { publisher }, (write) => write(model, { prompt: QUESTION, maxOutputTokens: 9 })));
  expect(written.text).toBe('one two three');
  expect(model.requests[0]?.resumeFrom).toEqual({ text: 'one', tokens: [0] });
  expect(seen.map((event) => ('text' in event ? event.text : event.type))).toEqual([
    'text-start',
    'one',
    ' two',
    ' three',
    'text-end',
  ]);
});

it('does as much for a token at the end of a long answer as for one at its beginning', async () => {
  const publisher = { publish: () => undefined };
  const timeOf = async (maxOutputTokens: number): Promise<number> => {
    const before = process.cpuUsage();
    await environmentOf().run(() =>
      writeAnswer(ABOUT, { publisher }, (write) => write(endless, { prompt: QUESTION, maxOutputTokens })),
    );
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const least = async (tokens: number): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < 4; run++) times.push(await timeOf(tokens));
    return Math.min(...times);
  };
  await timeOf(6_000);
  const [short, long] = [await least(6_000), await least(24_000)];
  // Four times the tokens. Copying all tokens for each delta would take sixteen times as long, here about a
  // second. Below 2 ms, other costs dominate.
  expect(long).toBeLessThan(8 * Math.max(short, 2_000));
});
