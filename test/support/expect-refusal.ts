import { expect } from 'vitest';
import { runProgram } from './program.js';
import type { Ended, RunOptions } from './program.js';
import type { ProgramHome } from './program-home.js';

/** The program must refuse: one line on standard error that matches `reason`, nothing on standard output, a code other than 0. */
export async function expectRefusal(
  home: ProgramHome,
  args: readonly string[],
  reason: RegExp,
  options: RunOptions = {},
): Promise<Ended> {
  const ended = await runProgram(home, args, options);
  const lines = ended.stderr.split('\n').filter((line) => !BESIDE_THE_REASON.test(line));
  // One comparison, so that a failure shows all that was printed.
  expect({ ...ended, failed: ended.code !== null && ended.code !== 0, lines }).toMatchObject({
    failed: true,
    stdout: '',
    lines: [expect.stringMatching(/^error: /u)],
    stderr: expect.stringMatching(reason),
  });
  return ended;
}

/** Progress of what is looked at before, and where commander says to look further. */
const BESIDE_THE_REASON = /^$|^Verifying |^\(see --help\)$|^\(Did you mean /u;
