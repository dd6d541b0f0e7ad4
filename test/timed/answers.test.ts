import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import { untilAnswered } from '../support/watch-session.js';

const answerSchema = z.object({
  sessionId: z.string(),
  text: z.string().min(1),
  finishReason: z.string(),
  usage: z.object({ outputTokens: z.number(), durationMs: z.number() }),
});

/** From the start of the process, everything fetched before: `npm start` of a machine with two cores. */
const ANSWER_WITHIN_MS = 20_000;

describe('start with piped input', () => {
  it('answers on standard output, and nothing else goes there', async () => {
    const home = await createProgramHome();
    const ended = await runProgram(home, ['start'], { input: 'What is the capital of France?\n' });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('Paris');
    const sessionId = /session (\S+) ·/u.exec(ended.stderr)?.[1] ?? '';
    expect(ended.ms).toBeLessThan(ANSWER_WITHIN_MS);
    await home.untilGone();

    // The one answer, byte by byte: read from the stack's next life.
    const next = startProgram(home, ['start', '--session', sessionId]);
    await next.told('Temporal UI');
    const { messages } = await untilAnswered(home, sessionId, 1);
    expect(ended.stdout).toBe(`${messages.at(-1)?.text}\n`);
    // Long enough that the prompt does not count: what a second of writing gives.
    const asked = 'Write a long story about a lighthouse keeper and her cat, with many details.';
    const sent = await runProgram(home, ['send', asked, '--session', sessionId, '--json']);
    expect(sent.code).toBe(0);
    const { usage } = answerSchema.parse(JSON.parse(sent.stdout));
    expect(usage.outputTokens).toBeGreaterThan(100);
    expect(usage.outputTokens / (usage.durationMs / 1_000)).toBeGreaterThanOrEqual(35);
    next.endInput();
    expect((await next.ended).code).toBe(0);
  });

  it('tells which line cannot be sent, answers the others, and exits with 1', async () => {
    const home = await createProgramHome();
    const input = Buffer.concat([
      Buffer.from([0xc3, 0x28, 0x0a]),
      Buffer.from(`${'x'.repeat(1_000_000)}\n`),
      Buffer.from('\n   \nWhat is the capital of France?\n'),
    ]);
    const ended = await runProgram(home, ['start'], { input });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^Line 1 was not sent: it is not valid UTF-8\./mu);
    expect(ended.stderr).toMatch(/^Line 2 was not answered: The message is too large: 1,000,000 bytes/mu);
    expect(ended.stderr).not.toMatch(/^Line [345]/mu);
    expect(ended.stdout).toContain('Paris');
    expect(ended.stdout.match(/\n$/gu)).toHaveLength(1);
    expect(ended.stderr).not.toMatch(/^\s+at /mu);
    await home.untilGone();
  });
});
