import { expect, it } from 'vitest';
import { describeOpenAiServer } from '../openai/openai-compatible-model.js';
import { broken, failureOfStatus, unreachable } from './http-failure.js';

const server = { modelId: 'm', name: 'S', url: 'http://s', whenDown: '', whenModelMissing: '', whenRefused: '' };

it.each([
  [
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the messages, 100 in the completion).",
    { promptTokens: 5000, contextTokens: 4096 },
  ],
  ['the request exceeds the available context size. try increasing the context size', {}],
  [
    'request (900 tokens) exceeds the available context size (512 tokens), try increasing it',
    { promptTokens: 900, contextTokens: 512 },
  ],
  ['`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000', { contextTokens: 4096 }],
  ['the input length exceeds the context length', {}],
])('takes "%s" for an overflow', (message, details) => {
  const failure = failureOfStatus(server, 400, JSON.stringify({ error: { message } }), null);
  expect(failure).toMatchObject({ type: 'Model.ContextOverflow', options: { details } });
});

it('takes other refusals for what they are', () => {
  const failure = failureOfStatus(server, 400, '{"error":"temperature must be positive"}', null);
  expect(failure).toMatchObject({
    type: 'Model.Unsupported',
    message: expect.stringContaining('temperature must') as string,
  });
});

it('tells of a server in whole sentences, whether it has a name or not', () => {
  const unnamed = describeOpenAiServer('m', 'http://s');
  const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  expect(unreachable(unnamed, refused).message).toBe(
    'The server at http://s does not answer for model "m": connect ECONNREFUSED. Start it, or set COLLOQUY_OPENAI_BASE_URL to where it runs.',
  );
  expect(unreachable({ ...server, name: 'Ollama' }, refused).message).toMatch(/^Ollama at http:\/\/s does not answer/u);
  // In the middle of a sentence, the name would need another form.
  const failures = [
    unreachable(unnamed, refused),
    broken(unnamed, 'it ended'),
    ...[400, 401, 404, 418, 429, 500, 503].map((status) => failureOfStatus(unnamed, status, 'x', null)),
    failureOfStatus(unnamed, 400, 'input length exceeds the context length', null),
  ];
  for (const { message } of failures) expect(message).not.toMatch(/[^.] The server/u);
});
