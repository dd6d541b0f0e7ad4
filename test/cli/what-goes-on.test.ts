import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';

// What a command tells beside the answer, and when it is left before the end.
describe('a command tells', () => {
  let home: ProgramHome;
  let stack: Program;

  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(home, args);
    if (code !== 0) throw new Error(`colloquy ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const file = (name: string, text: string): string => {
    const path = join(home.path, name);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(async () => {
    home = await createProgramHome();
    stack = startProgram(home, ['start', '--no-chat']);
    await stack.told('Ready.', 90_000);
    await run('kb', 'create', 'notes', '--no-vectors');
    await run('kb', 'add', 'notes', file('harbour.md', '# Harbour\n\nThe harbour of Ostrava opens at seven.\n'));
  });
  afterAll(async () => {
    stack.kill('SIGINT');
    await stack.ended;
  });

  /** A document with its number and its place, whether the model names it or not. */
  const listed = /\[1\] .*harbour\.md.* — Harbour \(characters \d+–\d+/u;
  const question = 'When does the harbour of Ostrava open?';

  it('which sources the model was told, in send', async () => {
    const { code, stderr } = await runProgram(home, ['send', question, '--kb', 'notes', '--max-tokens', '40']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(listed) as string });
  });

  it('which sources the model was told, in chat', async () => {
    const args = ['chat', '--kb', 'notes', '--max-tokens', '40'];
    const { code, stderr } = await runProgram(home, args, { input: `${question}\n` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(listed) as string });
  });

  it('that a panel goes on when one stops watching it', async () => {
    const task = ['panel', 'What is a buffer overflow?', '--experts', 'computer-scientist'];
    for (const args of [[...task, '--watch'], task]) {
      const watching = startProgram(home, args);
      await watching.told(/Panel \S+\n/u);
      const [, id = ''] = /Panel (\S+)/u.exec(watching.stderr) ?? [];
      if (args.includes('--watch')) await watching.told('planning');
      watching.kill('SIGINT');
      const { code, stderr } = await watching.ended;
      expect(stderr).toMatch(
        new RegExp(
          `Panel ${id} continues in the background\\. Watch it: .*colloquy panel show ${id} · end it: .*colloquy panel cancel ${id}\\n$`,
          'u',
        ),
      );
      expect(code).toBe(130);
      expect(await run('panels', '--json')).toContain(id);
      // It may have ended meanwhile, and says so then.
      await runProgram(home, ['panel', 'cancel', id]);
    }
  });

  it('that documents are read on when one stops looking, and how to stop that', async () => {
    await run('kb', 'create', 'long');
    const sentences = Array.from(
      { length: 4_000 },
      (_, i) => `Ship number ${i} carries ${i * 7} tons of coal to Oslo.`,
    );
    const adding = startProgram(home, ['kb', 'add', 'long', file('ships.txt', sentences.join('\n\n'))]);
    await adding.told('of 1 documents');
    adding.kill('SIGINT');
    const { code, stderr } = await adding.ended;
    expect(stderr).toMatch(
      /The ingestion continues in the background\. Run the same command to see it again; ".*colloquy kb cancel long" stops it\.\n$/u,
    );
    expect(code).toBe(130);
    await run('kb', 'cancel', 'long');
  });
});
