import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome, Role } from '../support/program-home.js';
import { startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';
import { answersOf, sessionOf, untilAnswered } from '../support/watch-session.js';

/** What `start` says of a part that died; of the engine the model worker takes care, silently. */
const KILLED: readonly { readonly role: Role; readonly question: string; readonly notice?: string }[] = [
  {
    role: 'model worker',
    question: 'Explain in one paragraph how bread is made.',
    notice: 'The model worker ended by SIGKILL; it is started again.',
  },
  { role: 'engine', question: 'Explain in one paragraph how rain is made.' },
  {
    role: 'sessions worker',
    question: 'Explain in one paragraph what a ship is.',
    notice: 'The sessions worker ended by SIGKILL; it is started again.',
  },
  {
    role: 'temporal server',
    question: 'Explain in one paragraph what a bicycle is.',
    notice: 'is back.',
  },
];

/** Enough to be in the middle: these answers are several hundred characters long. */
const SEEN_BEFORE_KILL = 60;

describe('a part of the stack that is killed in the middle of an answer', () => {
  let home: ProgramHome;
  let program: Program;
  let sessionId: string;
  beforeAll(async () => {
    home = await createProgramHome();
    program = startProgram(home, ['start']);
    sessionId = await sessionOf(program);
  });
  afterAll(async () => {
    program.endInput();
    await program.ended;
  });

  it.each(KILLED.map((each, index) => ({ ...each, turn: index + 1 })))(
    '$role: is there again, and the terminal has shown the answer once, without a gap',
    async ({ role, question, notice, turn }) => {
      const before = program.stdout.length;
      const killedPid = home.pidOf(role);
      program.write(`${question}\n`);
      await program.printed(before + SEEN_BEFORE_KILL);
      home.kill(role);
      const seenAtKill = program.stdout.slice(before);

      const transcript = await untilAnswered(home, sessionId, turn);
      const answer = answersOf(transcript).at(-1) ?? '';
      // It was killed in the middle, not at the end.
      expect(answer.length).toBeGreaterThan(seenAtKill.length);
      expect(answer.startsWith(seenAtKill)).toBe(true);
      await expect.poll(() => program.stdout.slice(before)).toBe(`${answer}\n`);
      if (notice !== undefined) await program.told(notice);
      await expect.poll(() => home.processes().filter((each) => each.role === role).length).toBe(1);
      expect(home.pidOf(role)).not.toBe(killedPid);
    },
  );

  it('has every turn once in the transcript, and ends with 0', async () => {
    const { messages } = await untilAnswered(home, sessionId, KILLED.length);
    expect(messages.map(({ turn, role }) => [turn, role])).toEqual(
      KILLED.flatMap((_, index) => [
        [index + 1, 'user'],
        [index + 1, 'assistant'],
      ]),
    );
    program.endInput();
    expect((await program.ended).code).toBe(0);
    await home.untilGone();
  });
});
