import { beforeAll, describe, expect, it } from 'vitest';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';
import { answersOf, sessionOf, untilAnswered } from '../support/watch-session.js';

/** All that `start` runs beside itself and the server. */
const WORKERS = ['model worker', 'engine', 'sessions worker'] as const;

// One data folder, one session; each test goes on where the one before has left it.
describe('a whole stack that ends between or within turns', () => {
  let home: ProgramHome;
  let program: Program;
  let sessionId: string;
  let answered = 0;
  const ask = async (text: string): Promise<string> => {
    const before = program.stdout.length;
    program.write(`${text}\n`);
    answered++;
    const transcript = await untilAnswered(home, sessionId, answered).catch((error: unknown) => {
      throw new Error(`It has not answered; it said:\n${program.stderr}`, { cause: error });
    });
    const answer = answersOf(transcript).at(-1) ?? '';
    // The session knows of it before the last of it is printed.
    await program.printed(before + answer.length + 1);
    return answer;
  };
  const goOn = async (): Promise<void> => {
    program = startProgram(home, ['start', '--session', sessionId]);
    expect(await sessionOf(program)).toBe(sessionId);
  };
  beforeAll(async () => {
    home = await createProgramHome();
    program = startProgram(home, ['start', '--persona', 'You are a helpful assistant. Answer in one short sentence.']);
    sessionId = await sessionOf(program);
  });

  it('killed at once with its server after turn 2: turn 3 is given turn 1', async () => {
    await ask('My name is Zoltan. Remember it.');
    await ask('What is the capital of France?');
    const promptTokens = (await untilAnswered(home, sessionId, 2)).messages.at(-1)?.usage?.inputTokens ?? 0;
    home.kill('start', 'temporal server', ...WORKERS);
    await home.untilGone();

    await goOn();
    await ask('What is my name?');
    const { messages } = await untilAnswered(home, sessionId, 3);
    expect(messages.map(({ turn, role }) => `${turn} ${role}`)).toEqual([
      '1 user',
      '1 assistant',
      '2 user',
      '2 assistant',
      '3 user',
      '3 assistant',
    ]);
    // What the prompt of turn 2 held (persona and turn 1) is in the prompt of turn 3 too: it is longer, by turn 2.
    expect(messages.at(-1)?.usage?.inputTokens).toBeGreaterThan(promptTokens);
    expect(messages.at(-1)?.text).toContain('Zoltan');
  });

  it('interrupted in the middle of an answer: ends clean, keeps what was shown, and the session goes on', async () => {
    const before = program.stdout.length;
    program.write('Write a long story about a lighthouse keeper and her cat, with many details.\n');
    await program.printed(before + 40);
    program.kill('SIGINT');
    const ended = await program.ended;
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(ended.stderr).not.toMatch(/\n\s+at /u);
    await home.untilGone();

    await goOn();
    answered++;
    const transcript = await untilAnswered(home, sessionId, answered);
    // What the user saw is what the session keeps: not more, not less.
    expect(`${answersOf(transcript).at(-1)}\n`).toBe(ended.stdout.slice(before));
    expect(transcript.messages.at(-1)?.finishReason).toBe('cancelled');
    expect(await ask('What is the capital of Italy?')).not.toBe('');
  });

  it('only "start" is killed: its workers end by themselves, and the next start goes on with the server', async () => {
    const server = home.pidOf('temporal server');
    home.kill('start');
    // A deadline of 2 s, and as much again for a machine that is busy.
    expect(await home.untilGone({ roles: [...WORKERS, 'start'] })).toBeLessThan(4_000);
    expect(home.pidOf('temporal server')).toBe(server);

    await goOn();
    expect(home.pidOf('temporal server')).toBe(server);
    expect(await ask('What is the capital of Spain?')).not.toBe('');
    program.endInput();
    expect((await program.ended).code).toBe(0);
    // The adopted server is this stack's own: nothing is left behind.
    await home.untilGone();
  });
});
