import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { splitWords } from './chat/words.js';
import { main } from './main.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
];

// Each run of the program listens to it, and a process has one run as a rule.
process.stdout.setMaxListeners(0);

/** Lines of code blocks that call the program, without prompt, pipe and remark. */
function commandsOf(markdown: string): string[] {
  const blocks = markdown.match(/^```(?:console|sh)\n[\s\S]*?^```/gmu) ?? [];
  return blocks
    .flatMap((block) => block.replaceAll(/\\\n\s*/gu, ' ').split('\n'))
    .flatMap((line) => line.split(/[;|](?= )/u))
    .map((line) =>
      line
        .replace(/^\s*\$ /u, '')
        .replace(/\s#.*$/u, '')
        .trim(),
    )
    .filter((line) => /^(?:[A-Z_]+=\S+ )*(?:npx )?colloquy /u.test(line) || /^npm start\b/u.test(line));
}

/** The program's own words on a command, subcommands among them. */
async function helpOf(words: readonly string[]): Promise<string> {
  let told = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((told += String(text)), true));
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    await main([...words, '--help']);
    return told;
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

const pages = documents.filter((name) => name.endsWith('.md'));

describe.each(pages)('commands that %s shows', (document) => {
  const commands = commandsOf(readFileSync(join(root, document), 'utf8'));

  it('can be typed where the package is installed, or in a clone', () => {
    expect(commands.filter((line) => /^(?:[A-Z_]+=\S+ )*colloquy /u.test(line))).toEqual([]);
  });

  it('exist, with the options that they are shown with', async () => {
    const program = await helpOf([]);
    const unknown: string[] = [];
    for (const line of commands) {
      const words = splitWords(
        line.replace(/^(?:[A-Z_]+=\S+ )*(?:npx colloquy|npm start(?: --silent)?(?: --)?)\s*/u, ''),
      );
      const named = line.includes('npm start') ? ['start', ...words] : words;
      const names = named.slice(0, named.findIndex((word) => !/^[a-z][a-z-]*$/u.test(word)) >>> 0);
      const [command = '', sub = ''] = names;
      const help = await helpOf([command]);
      if (!help.includes(`colloquy ${command}`)) unknown.push(line);
      const subHelp = sub !== '' && help.includes(`\n  ${sub} `) ? await helpOf([command, sub]) : '';
      const options = named.filter((word) => /^--[a-z]/u.test(word)).map((word) => word.split('=')[0] ?? '');
      const known = program + help + subHelp;
      unknown.push(...options.filter((option) => !known.includes(option)).map((option) => `${option}: ${line}`));
    }
    expect(unknown).toEqual([]);
  });
});

it('commands are found in README and in the guides', () => {
  const found = pages
    .filter((name) => name === 'README.md' || name.startsWith('docs/guide/'))
    .flatMap((name) => commandsOf(readFileSync(join(root, name), 'utf8')));
  expect(found.length).toBeGreaterThan(30);
});
