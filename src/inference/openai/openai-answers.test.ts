import { describe, expect, it } from 'vitest';
import { OPENAI_ANSWERS, type OpenAiAnswer } from '../../../test/support/openai-answers.js';
import { startLocalServer } from '../../../test/setup/local-server.js';
import type { GenerateResult, TextDelta } from '../language-model.js';
import { ModelError } from '../model-error.js';
import { openOpenAiCompatibleModel } from './openai-compatible-model.js';

describe.concurrent('an answer', { timeout: 20_000 }, () => {
  it.each(OPENAI_ANSWERS)('$name', async ({ write, expected }) => {
    const { outcome, deltas } = await ask(write);
    const texts = deltas.filter(({ part }) => part === undefined).map(({ text }) => text);
    const { message = /^/u, ...fields } = expected;
    const seen = { ...seenOf(outcome), shown: texts.join('') };
    expect(seen).toMatchObject({ ...fields, message: expect.stringMatching(message) as string });
    expect([...texts, JSON.stringify(seen)].every((text) => text.isWellFormed())).toBe(true);
  });
});

const RETRIED = ['Model.Crashed', 'Model.Unavailable'];

function seenOf(outcome: GenerateResult | Error): object {
  if (!(outcome instanceof Error)) return { ...outcome, message: '', outputTokens: outcome.usage.outputTokens };
  const type = outcome instanceof ModelError ? outcome.type : outcome.name;
  return { type, message: outcome.message, retryable: RETRIED.includes(type) };
}

async function ask(
  write: OpenAiAnswer['write'],
): Promise<{ readonly outcome: GenerateResult | Error; readonly deltas: TextDelta[] }> {
  await using server = await startLocalServer((request, response) => {
    request.resume();
    if (request.url === '/v1/models') response.end('{"data":[{"id":"m","owned_by":"someone"}]}');
    else void write(response);
  });
  const model = await openOpenAiCompatibleModel({
    modelId: 'openai:m',
    name: 'm',
    baseUrl: `${server.url}/v1`,
    limits: { idleMs: 4000 },
  });
  const deltas: TextDelta[] = [];
  const outcome = await model
    .generate(
      { prompt: { type: 'chat', messages: [{ role: 'user', text: 'Hello.' }] }, maxOutputTokens: 50 },
      { signal: new AbortController().signal, onDelta: (delta) => deltas.push(delta) },
    )
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  await model.dispose();
  return { outcome, deltas };
}
