import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/command-names.js';
import { createTemporaryFolder } from '../setup/temporary-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The packages that a call of the program imports; what these import in turn is not listed. */
async function packagesOf(words: readonly string[]): Promise<{ packages: string[]; stdout: string }> {
  await using home = await createTemporaryFolder();
  const list = join(home.path, 'modules');
  const preload = join(root, 'test/support/note-modules.mjs');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', preload, join(root, 'bin/colloquy.js'), ...words],
    { env: { ...process.env, COLLOQUY_TEST_MODULES: list, COLLOQUY_HOME: home.path }, cwd: home.path },
  );
  const names = [...(await readFile(list, 'utf8')).matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//gu)];
  return { packages: [...new Set(names.map(([, name = '']) => name))].toSorted(), stdout };
}

// Temporal's client takes half a second to load, node-llama-cpp a whole one.
it.each([[['--version']], [['--help']], [['sessions', '--help']], [['start', '--help']], [['kb', 'add', '--help']]])(
  '%j imports the parser of options alone',
  async (words) => {
    expect((await packagesOf(words)).packages).toEqual(['commander']);
  },
);

it('a command imports what it uses', async () => {
  expect((await packagesOf(['experts', 'list'])).packages).toEqual(['commander', 'yaml', 'zod']);
  expect((await packagesOf(['models', 'list'])).packages).toEqual(['commander', 'zod']);
});

it('the help lists every command all the same', async () => {
  const { stdout } = await packagesOf(['--help']);
  expect([...stdout.matchAll(/^ {2}([a-z][a-z-]*) (?=[\s[<])/gmu)].map(([, name]) => name)).toEqual([
    ...COMMAND_NAMES,
    'help',
  ]);
});

it('options before the command are passed over', async () => {
  const { packages, stdout } = await packagesOf([
    '--verbose',
    '--temporal',
    'models',
    '--namespace=x',
    'sessions',
    '--help',
  ]);
  expect(packages).toEqual(['commander']);
  expect(stdout).toContain('Usage: ');
  expect(stdout).toContain('colloquy sessions');
});
