import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome, type ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';

const FRANCE = 'The capital of France is';

describe('colloquy complete', () => {
  let home: ProgramHome;
  beforeAll(async () => {
    home = await createProgramHome();
  });

  it('continues a text, without a server', async () => {
    const { code, stdout, stderr } = await runProgram(home, ['complete', FRANCE, '--greedy', '--stop', '.']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: ' Paris\n' });
    expect(stderr).toMatch(/smollm2-135m-instruct · \d+ tokens \(stop\)/u);
  });

  it('takes the text from a pipe, and gives the same text for the same seed', async () => {
    const args = ['complete', '--seed', '7', '--max-tokens', '20', '--json'];
    const [piped, given] = [
      await runProgram(home, args, { input: 'Once upon a time\n' }),
      await runProgram(home, [...args, 'Once upon a time']),
    ];
    const result = JSON.parse(piped.stdout) as { text: string };
    expect(result).toMatchObject({ modelId: 'smollm2-135m-instruct', seed: 7, usage: { outputTokens: 20 } });
    expect((JSON.parse(given.stdout) as { text: string }).text).toBe(result.text);
    const other = await runProgram(home, [...args.with(2, '8'), 'Once upon a time']);
    expect((JSON.parse(other.stdout) as { text: string }).text).not.toBe(result.text);
  });

  it('tells the seed that it chose, so that the text can be had again', async () => {
    const args = ['complete', 'Once upon a time', '--max-tokens', '12'];
    const first = await runProgram(home, args);
    const seed = /seed (\d+)/u.exec(first.stderr)?.[1] ?? '';
    const again = await runProgram(home, [...args, '--seed', seed]);
    expect(again.stdout).toBe(first.stdout);
  });

  it('searches with beams', async () => {
    const args = ['complete', FRANCE, '--beam', '--best', '3', '--length-penalty', '0', '--max-tokens', '6'];
    const { stdout } = await runProgram(home, args);
    const logprobs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split(' ')[0]));
    expect(logprobs).toHaveLength(3);
    expect(logprobs).toEqual(logprobs.toSorted((a, b) => b - a));
    expect(stdout).toContain('Paris');
    const json = await runProgram(home, [...args, '--json']);
    expect((JSON.parse(json.stdout) as { beams: unknown[] }).beams).toHaveLength(3);
  });

  it('keeps what was written when interrupted, and ends with 130', async () => {
    const program = startProgram(home, ['complete', 'Once upon a time', '--max-tokens', '4000', '--seed', '1']);
    await program.printed(40);
    program.kill('SIGINT');
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(130);
    expect(stdout.length).toBeGreaterThan(40);
    expect(stderr).toContain('(cancelled)');
  });

  it.each([
    [['complete', ''], /The text is empty/u],
    [['complete'], /The text is empty/u],
    [['complete', 'x', '--greedy', '--seed', '3'], /--greedy contradicts the option for seed/u],
    [['complete', 'x', '--best', '2'], /need --beam/u],
    [['complete', 'x', '--beam', '2', '--best', '3'], /--best 3 is more than the beam width 2/u],
    [['complete', 'x', '--beam', '--top-k', '3'], /cannot be combined with sampling options/u],
    [['complete', 'x', '--beam', '33'], /Give a whole number from 1 to 32/u],
    [['complete', 'x', '--temperature', 'hot'], /Give a number from 0 to 2/u],
    [['complete', 'x', '--model', 'gpt-9'], /There is no model "gpt-9"/u],
    [['complete', 'x', '--model', 'multilingual-e5-small'], /is an embedding model/u],
    [['inspect-tokens', 'x', '--top', '101'], /Give a whole number from 0 to 100/u],
  ])('refuses %j', async (args, message) => {
    const { code } = await expectRefusal(home, args, message);
    expect(code).toBeGreaterThan(0);
  });

  it('refuses what is no text, or more than the model can hold', async () => {
    const file = join(home.path, 'latin1.txt');
    writeFileSync(file, Buffer.from([0x4d, 0xfc, 0x6c, 0x6c]));
    const latin = await runProgram(home, ['complete'], { input: Buffer.from([0x4d, 0xfc, 0x6c, 0x6c]) });
    expect(latin).toMatchObject({ code: 1, stderr: expect.stringContaining('not valid UTF-8') as string });
    const env = { COLLOQUY_CONTEXT_TOKENS: '256' };
    const long = await runProgram(home, ['complete'], { input: 'word '.repeat(500), env });
    expect(long).toMatchObject({ code: 1, stderr: expect.stringContaining('can hold 256') as string });
  });
});

describe('colloquy inspect-tokens', () => {
  let home: ProgramHome;
  beforeAll(async () => {
    home = await createProgramHome();
  });

  it('shows each token with its probability and what else it might have been', async () => {
    const { code, stdout, stderr } = await runProgram(home, ['inspect-tokens', FRANCE, '--max-tokens', '3']);
    expect(code).toBe(0);
    const [header, first, ...rest] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^STEP +TOKEN +P +LIKELIEST +OTHERS$/u);
    expect(first).toMatch(/^1 +" Paris" +\d+\.\d% +\*" Paris" \d+\.\d% {2}(".+" \d+\.\d% {2}){3} *\d+\.\d%$/u);
    expect(rest).toHaveLength(2);
    expect(stderr).toContain('3 out (length)');
  });

  it('gives data whose probabilities add up', async () => {
    const sampled = '--top 10 --temperature 1 --seed 3 --json'.split(' ');
    const { stdout } = await runProgram(home, [
      'inspect-tokens',
      '--chat',
      'What is the capital of France?',
      ...sampled,
    ]);
    const { steps, seed } = JSON.parse(stdout) as {
      seed: number;
      steps: {
        probability: number;
        logprob: number;
        restProbability: number;
        alternatives: { probability: number }[];
      }[];
    };
    expect(seed).toBe(3);
    expect(steps.length).toBeGreaterThan(3);
    for (const { probability, logprob, restProbability, alternatives } of steps) {
      expect(probability).toBeCloseTo(Math.exp(logprob), 9);
      const told = alternatives.reduce((sum, one) => sum + one.probability, 0);
      expect(told + restProbability).toBeCloseTo(1, 9);
      expect(alternatives).toHaveLength(10);
    }
  });
});
