import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProgramHome, type ProgramHome } from '../support/program-home.js';
import { runProgram } from '../support/program.js';

const EXPERT = 'responsibility: Something.\n---\nYou know.\n';

// Nothing runs: all of it is found before the server is asked for.
describe('colloquy panel, of faulty files', () => {
  let home: ProgramHome;
  beforeAll(async () => {
    home = await createProgramHome();
  });

  const write = (files: Readonly<Record<string, string>>): string => {
    const folder = join(home.path, `experts-${Object.keys(files).join('-')}`);
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };
  const errorsOf = async (args: readonly string[], experts?: string): Promise<string[]> => {
    const env: Record<string, string> = experts === undefined ? {} : { COLLOQUY_EXPERTS: experts };
    const { code, stdout, stderr } = await runProgram(home, ['panel', ...args], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    return stderr.trimEnd().replaceAll(`${home.path}/`, '').split('\n');
  };

  it('tells each fault of an expert in a line of its own', async () => {
    const folder = write({
      'a.md': `---\nname: twin\n${EXPERT}`,
      'b.md': `---\nname: twin\n${EXPERT}`,
      'huge.md': `---\nname: huge\nresponsibility: All.\n---\n${'x'.repeat(10_000_000)}`,
      'nameless.md': `---\n${EXPERT}`,
      'tool.md': `---\nname: tooled\ntools: [abacus]\n${EXPERT}`,
    });
    const at = folder.replace(`${home.path}/`, '');
    expect(await errorsOf(['Do it', '--experts', 'twin,law-expert'], folder)).toEqual([
      `error: ${at}/b.md:2: There is another expert "twin", in ${at}/a.md:2. Give each a name of its own.`,
      expect.stringMatching(/^error: .*\/huge\.md: .*(?:too large|bytes)/u),
      `error: ${at}/nameless.md:2: "name" is missing.`,
      expect.stringMatching(/^error: .*\/tool\.md:3: There is no tool "abacus"\. Known: calculator, /u),
    ]);
  });

  it('tells of a plan that waits for itself, and of experts that are not there', async () => {
    const folder = write({
      'panel.yaml': [
        'task: Do it',
        'way: pipeline',
        'experts:',
        '  - { name: law-expert, after: [reviewer] }',
        '  - { name: reviewer, after: [law-expert] }',
        '  - nobody',
      ].join('\n'),
    });
    const file = join(folder.replace(`${home.path}/`, ''), 'panel.yaml');
    expect(await errorsOf(['--panel', folder])).toEqual([
      `error: ${file}:4: Experts wait for each other in a circle: law-expert → reviewer → law-expert. Remove one "after".`,
      expect.stringMatching(/:6: There is no expert "nobody"\. Known: computer-scientist, /u),
    ]);
  });

  it('tells what is missing in the command', async () => {
    expect(await errorsOf(['Do it'])).toEqual([expect.stringMatching(/^error: Name the experts with --experts NAME/u)]);
    expect(await errorsOf(['Do it', '--experts', 'law-expert,nobody'])).toEqual([
      expect.stringMatching(/There is no expert "nobody"\. Known: /u),
    ]);
    expect(await errorsOf(['Do it', '--experts', 'law-expert,law-expert'])).toEqual([
      expect.stringContaining('"law-expert"'),
    ]);
    expect(await errorsOf(['Do it', '--panel', 'no-such-panel'])).toEqual([
      expect.stringMatching(/^error: no-such-panel: The file does not exist/u),
    ]);
    expect(await errorsOf(['', '--panel', 'research'])).toEqual(['error: The text is empty.']);
  });
});
