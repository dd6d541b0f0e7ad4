import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome, type ProgramHome } from '../support/program-home.js';
import { runProgram } from '../support/program.js';

describe('colloquy tools', () => {
  let home: ProgramHome;
  beforeAll(async () => {
    home = await createProgramHome();
  });

  const example = { env: { COLLOQUY_TOOLS: 'examples/dice-tool.js' } };
  const call = (name: string, args: object, options = {}) =>
    runProgram(home, ['tools', 'call', name, '--arguments', JSON.stringify(args)], options);

  it('lists those that come with it, and those of modules', async () => {
    const { stdout } = await runProgram(home, ['tools', 'list'], example);
    expect(stdout).toMatch(
      /^TOOL +APPROVAL +TIMEOUT +ATTEMPTS +DESCRIPTION\ncalculator +not needed +1 s +1 +Calculates/u,
    );
    const json = await runProgram(home, ['tools', 'list', '--json'], example);
    const tools = JSON.parse(json.stdout) as { name: string; parameters: unknown }[];
    expect(tools.map(({ name }) => name)).toEqual(['calculator', 'clock', 'http-fetch', 'dice']);
    expect(tools.at(-1)?.parameters).toMatchObject({ properties: { count: { minimum: 1, maximum: 20 } } });
  });

  it('calls one', async () => {
    expect((await call('calculator', { expression: '17 * 23' })).stdout).toBe('391\n');
    expect((await call('clock', {})).stdout).toMatch(/^.+, time zone UTC\. ISO 8601: \d{4}-.+\+00:00\n$/u);
    expect((await call('dice', { count: 3 }, example)).stdout).toMatch(/^\[[1-6],[1-6],[1-6]\]\n$/u);
  });

  it('refuses what cannot be called, in one line', async () => {
    const refused = (args: readonly string[], reason: RegExp, options = {}) =>
      expectRefusal(home, ['tools', 'call', ...args], reason, options);
    const { code } = await refused(['abacus'], /There is no tool "abacus"\. Known: calculator, clock, http-fetch\./u);
    await refused(['calculator'], /The arguments for "calculator" are wrong: .*expression/u);
    await refused(['calculator', '-a', '{x'], /--arguments is not valid JSON/u);
    await refused(['calculator', '-a', '{"expression":"1/0"}'], /cannot be calculated: division by zero/u);
    await refused(['http-fetch', '-a', '{"url":"https://example.org"}'], /COLLOQUY_FETCH_ALLOW .* names none/u);
    const env = { COLLOQUY_FETCH_ALLOW: 'localhost,169.254.169.254' };
    for (const url of ['http://localhost', 'http://0xa9fea9fe/latest/meta-data/']) {
      await refused(['http-fetch', '-a', JSON.stringify({ url })], /is not an address on the public internet/u, {
        env,
      });
    }
    await refused(['clock'], /COLLOQUY_FETCH_ALLOW=.*is not a valid host/u, {
      env: { COLLOQUY_FETCH_ALLOW: 'http://x' },
    });
    expect(code).toBe(1);
  });

  it('refuses a wrong module wherever it would be used', async () => {
    const path = join(home.path, 'broken.mjs');
    writeFileSync(path, 'export const tool = {};');
    const options = { env: { COLLOQUY_TOOLS: path } };
    const commands = [
      ['tools', 'list'],
      ['worker', 'tools'],
      ['worker', 'sessions'],
      ['start', '--no-chat'],
    ];
    for (const args of commands)
      await expectRefusal(home, args, /The module of tools ".*broken\.mjs" must have a tool/u, options);
    expect(home.processes()).toEqual([]);
  });
});
