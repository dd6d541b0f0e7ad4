import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { connectRedisStream } from '../../src/streaming/redis-stream.js';
import { findRedis, NO_REDIS, startRedis } from '../support/redis-server.js';
import { createSessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
beforeEach(({ skip }) => skip(findRedis() === undefined, NO_REDIS));
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const WORDS = Array.from({ length: 100 }, (_, index) => `w${index}`).join(' ');

/** A session whose worker writes to Redis and whose client reads from it, as on two machines. */
async function sessionOverRedis(url: string) {
  const [publisher, subscriber] = [await connectRedisStream(url), await connectRedisStream(url)];
  const stack = createSessionStack(env, { publisher, subscriber });
  opened.push(publisher, subscriber, stack);
  await stack.startSessionsWorker();
  const model = createScriptedModel([{ text: WORDS, delayMs: 20 }], { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  return stack.client.startSession({ modelId: model.modelId });
}

it('shows an answer as it is written', async () => {
  const redis = await startRedis();
  opened.push({ close: () => redis.kill() });
  const session = await sessionOverRedis(redis.url);
  const pieces: string[] = [];
  const { text } = await session.send('Hello', { onText: (piece) => pieces.push(piece) });
  expect(text).toBe(WORDS);
  expect(pieces.join('')).toBe(WORDS);
  expect(pieces.length).toBeGreaterThan(20);
});

it.each(['for good', 'and started again'])(
  'shows all of an answer although Redis is killed in the middle of it, %s',
  async (how) => {
    const redis = await startRedis();
    const session = await sessionOverRedis(redis.url);
    let shown = '';
    const sent = session.send('Hello', { onText: (piece) => (shown += piece) });
    await vi.waitFor(() => expect(shown).toContain('w20'), 10_000);
    await redis.kill();
    if (how === 'and started again') {
      const next = await startRedis({ port: redis.port });
      opened.unshift({ close: () => next.kill() });
    }
    const atKill = shown.length;
    const { text } = await sent;
    expect(text).toBe(WORDS);
    expect(atKill).toBeLessThan(WORDS.length);
    expect(shown).toBe(WORDS);
  },
);
