import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProgramHome, type ProgramHome } from '../support/program-home.js';
import { runProgram } from '../support/program.js';

describe('colloquy experts', () => {
  let home: ProgramHome;
  let own: string;
  beforeAll(async () => {
    home = await createProgramHome();
    own = join(home.path, 'own');
    mkdirSync(own);
    writeFileSync(
      join(own, 'dice.md'),
      '---\nname: dice-expert\nresponsibility: Dice.\ntools: [dice]\n---\nYou roll.\n',
    );
    writeFileSync(join(own, 'bad.md'), '---\nresponsibility: Nothing.\ntools: [abacus]\n---\n');
  });

  it('lists those that come with it', async () => {
    const { stdout, code } = await runProgram(home, ['experts', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^EXPERT +MODEL +TOOLS +RESPONSIBILITY\ncomputer-scientist +of the panel +- +How/u);
    const json = await runProgram(home, ['experts', 'list', '--json']);
    expect(JSON.parse(json.stdout)).toContainEqual(
      expect.objectContaining({ name: 'researcher', tools: ['http-fetch'], persona: expect.any(String) as string }),
    );
    expect((await runProgram(home, ['experts', 'check'])).stdout).toMatch(
      /^8 experts, no faults: computer-scientist, /u,
    );
  });

  it('reports each fault of the own folder in a line of its own, and ends with 1', async () => {
    const { code, stdout, stderr } = await runProgram(home, ['experts', 'list'], { env: { COLLOQUY_EXPERTS: own } });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `error: ${own}/bad.md:2: "name" is missing.\n` +
        `error: ${own}/bad.md:4: The persona is missing: write below the front matter who the expert is.\n` +
        `error: ${own}/dice.md:4: There is no tool "dice". Known: calculator, clock, http-fetch. COLLOQUY_TOOLS adds others.\n`,
    });
    const checked = await runProgram(home, ['experts', 'check', own, '--json'], {
      env: { COLLOQUY_TOOLS: 'examples/dice-tool.js' },
    });
    expect(checked.code).toBe(1);
    expect(JSON.parse(checked.stdout)).toMatchObject({ faults: [{ file: join(own, 'bad.md'), line: 2 }, { line: 4 }] });
  });

  it('takes the tool and the expert of the example of customer service', async () => {
    const folder = 'library/panels/customer-service';
    const env = { COLLOQUY_TOOLS: `${folder}/order-lookup.js`, COLLOQUY_EXPERTS: `${folder}/experts` };
    const call = ['tools', 'call', 'order-lookup', '--arguments', '{"order":"A-1002"}'];
    expect(JSON.parse((await runProgram(home, call, { env })).stdout)).toMatchObject({ status: 'delayed' });
    const { stdout } = await runProgram(home, ['experts', 'list'], { env });
    expect(stdout).toMatch(/^customer-service-dialogue +of the panel +order-lookup /mu);
  });
});
