import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askRedis } from '../support/ask-redis.js';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';
import { findRedis, freePort, NO_REDIS, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';

beforeEach(({ skip }) => skip(findRedis() === undefined, NO_REDIS));

describe('live text through Redis', () => {
  let home: ProgramHome;
  let redis: RedisServer | undefined;
  let stack: Program | undefined;
  beforeAll(async () => {
    if (findRedis() === undefined) return;
    redis = await startRedis();
    home = await createProgramHome();
    stack = startProgram(home, ['start', '--no-chat'], { env: { COLLOQUY_REDIS_URL: redis.url } });
    await stack.told('Ready.');
  });
  afterAll(async () => {
    stack?.kill('SIGINT');
    await stack?.ended;
    await redis?.kill();
  });

  const ask = async (...command: string[]): Promise<string> =>
    JSON.stringify(await askRedis({ url: redis?.url ?? '' }, ...command));
  const send = (redisUrl: string, question = 'What is the capital of France?') =>
    runProgram(home, ['send', question], { env: { COLLOQUY_REDIS_URL: redisUrl } });

  it('is written there by the model worker and read from there by a terminal', async () => {
    const { code, stdout, stderr } = await send(redis?.url ?? '');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('live text') });
    expect(stdout).toContain('Paris');
    expect(await ask('KEYS', 'colloquy:default:s:*')).toMatch(/^\["colloquy:default:s:\d{8}-\w+"\]$/u);
    const calls = await ask('INFO', 'commandstats');
    expect(calls).toContain('cmdstat_xread:');
    expect(calls).toContain('cmdstat_xadd:');
  });

  it.each([
    [
      'that nobody serves',
      async () => `redis://:secret@127.0.0.1:${await freePort()}`,
      /No live text for now: Redis at .*ECONNREFUSED/u,
    ],
    [
      'that is none',
      async () => 'http://:secret@127.0.0.1',
      /No live text, .*COLLOQUY_REDIS_URL is wrong.*redis:\/\/\[/u,
    ],
  ])('an address %s: one warning, and the answer comes whole', async (_, address, warning) => {
    // Long enough for the connection to have failed before the answer is there.
    const { code, stdout, stderr } = await send(await address(), 'Explain at length what people can see in Paris.');
    expect(code).toBe(0);
    expect(stdout).toContain('Paris');
    expect(stderr).toMatch(warning);
    expect(stderr.match(/live text/gu)).toHaveLength(1);
    expect(stderr).not.toContain('secret');
  });
});
