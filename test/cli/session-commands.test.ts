import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';

interface Sent {
  readonly sessionId: string;
  readonly turn: number;
  readonly text: string;
}

// What people do to a session from a second terminal, on real weights and the stack's own archive.
describe('commands on a session', () => {
  let home: ProgramHome;
  let stack: Program;
  let sessionId: string;

  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(home, args);
    if (code !== 0) throw new Error(`colloquy ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const json = async <T>(...args: readonly string[]): Promise<T> => JSON.parse(await run(...args, '--json')) as T;

  beforeAll(async () => {
    home = await createProgramHome();
    stack = startProgram(home, ['start', '--no-chat']);
    await stack.told('Ready.', 90_000);
    ({ sessionId } = await json<Sent>('send', 'What is the capital of France?'));
  });
  afterAll(async () => {
    stack.kill('SIGINT');
    await stack.ended;
  });

  it('edits and regenerates on branches, and goes back', async () => {
    const edited = await json<Sent>('edit', sessionId, '1', 'What is the capital of Italy?');
    expect(edited).toMatchObject({ turn: 2, text: expect.stringContaining('Italy') as string });
    expect(await json<Sent>('regenerate', sessionId)).toMatchObject({ turn: 3 });
    expect(await run('transcript', sessionId)).toContain('capital of Italy');
    expect(await run('transcript', sessionId, '--head', '1')).toContain('Paris');
    expect(await run('transcript', sessionId, '--all')).toMatch(
      /1 after the beginning: .*France.*\n2 after the beginning: .*Italy.*\n3 after the beginning: .*Italy/u,
    );
    await run('branch', sessionId, '1');
    expect(await run('transcript', sessionId)).toContain('Paris');
    await expectRefusal(home, ['edit', sessionId, '9', 'x'], /has no turn 9: it has turns 1 to 3/u);
    await expectRefusal(home, ['branch', sessionId, 'x'], /Give a whole number of at least 1/u);
  });

  it('counts every turn, and what answers have cost, right after they are given', async () => {
    const settings = ['--user', 'ada', '--max-tokens', '8', '--temperature', '0.7', '--tools', 'calculator,clock'];
    const { sessionId: counted } = await json<Sent>('send', 'Say one word.', ...settings);
    await json('send', 'And another.', '--continue', '--user', 'ada');
    await json('send', 'And one more.', '--session', counted);
    expect(await json('sessions', '--user', 'ada')).toMatchObject([{ sessionId: counted, turnCount: 3 }]);
    expect(await run('sessions', '--user', 'ada')).toMatch(/ 3 +\d{4}-/u);
    const usage = await json<{ outputTokens: number }>('usage', 'ada');
    expect(usage).toMatchObject({ userId: 'ada', answers: 3 });
    expect(usage.outputTokens).toBeGreaterThan(0);
    const exported = JSON.parse(await run('export', counted)) as unknown;
    expect(exported).toMatchObject({
      settings: { decoding: { temperature: 0.7 }, maxOutputTokens: 8, tools: ['calculator', 'clock'] },
    });
    await expectRefusal(home, ['send', 'x', '--continue', '--user', 'nobody'], /No session of "nobody" is open/u);
    await expectRefusal(
      home,
      ['send', 'x', '--session', counted, '--temperature', '1'],
      /--temperature belongs to a new session/u,
    );
  });

  it('changes settings, which are told what is wrong with them', async () => {
    const settings = await json('set', sessionId, '--persona', 'You are a pirate.', '--tools', 'calculator');
    expect(settings).toMatchObject({ persona: 'You are a pirate.', tools: ['calculator'] });
    expect(await json('set', sessionId, '--no-tools', '--max-tokens', '40')).toMatchObject({ tools: [] });
    expect(await json('rename', sessionId, 'Capitals')).toMatchObject({ title: 'Capitals' });
    await expect.poll(() => run('sessions', '--status', 'open')).toContain('Capitals');
    await expectRefusal(home, ['set', sessionId], /Name a setting to change/u);
    await expectRefusal(home, ['set', sessionId, '--model', 'gpt-9'], /There is no model "gpt-9"/u);
    await expectRefusal(home, ['approve', sessionId], /No call of session .* waits for approval/u);
  });

  it('forks, and the fork remembers', async () => {
    const fork = (await run('fork', sessionId)).trim();
    expect(await run('transcript', fork)).toContain('Paris');
    const { turn } = await json<Sent>('send', 'And of Italy?', '--session', fork);
    expect(turn).toBe(2);
    await expectRefusal(home, ['fork', sessionId, '--turn', '99'], /has no turn 99 to fork from/u);
  });

  it('exports all branches as JSON, and the current one as Markdown', async () => {
    const exported = JSON.parse(await run('export', sessionId)) as { turns: unknown[]; head: number };
    expect(exported).toMatchObject({ format: 'colloquy-session/1', sessionId, head: 1 });
    expect(exported.turns).toHaveLength(3);
    const file = join(home.path, 'session.md');
    await run('export', sessionId, '--format', 'markdown', '--output', file);
    expect(readFileSync(file, 'utf8')).toMatch(/^# Session .*\n\n\*\*Persona\*\*:\n\n> You are a pirate\.\n/u);
    writeFileSync(file, 'mine');
    await expectRefusal(home, ['export', sessionId, '--output', file], /could not be written: EEXIST/u);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('is deleted with its states on disk when one is sure', async () => {
    await expectRefusal(home, ['delete', sessionId], /cannot be undone\. Give --yes/u);
    expect(await json('delete', sessionId, '--yes')).toMatchObject({ sessionId, notAsked: [] });
    await expectRefusal(home, ['transcript', sessionId], /does not exist/u);
    await expectRefusal(home, ['delete', sessionId, '--yes'], /does not exist/u);
  });
});
