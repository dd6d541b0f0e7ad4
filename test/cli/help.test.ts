import { beforeAll, describe, expect, it } from 'vitest';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram } from '../support/program.js';

describe('--help', () => {
  let home: ProgramHome;
  beforeAll(async () => {
    home = await createProgramHome();
  });

  it('of every command says what it does, and shows an example', async () => {
    const without: string[] = [];
    const visit = async (path: readonly string[]): Promise<void> => {
      const { code, stdout } = await runProgram(home, [...path, '--help']);
      expect(code).toBe(0);
      if (!/\nExamples?:\n {2}\$ /u.test(stdout)) without.push(path.join(' '));
      const [, commands = ''] = stdout.split('\nCommands:\n');
      const names = [...commands.matchAll(/^ {2}([a-z][\w-]*)/gmu)].map(([, name = '']) => name);
      await Promise.all(names.filter((name) => name !== 'help').map((name) => visit([...path, name])));
    };
    await visit([]);
    expect(without).toEqual([]);
  });
});
