import { mkdir, symlink, writeFile, chmod, rm } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTemporaryFolder, type TemporaryFolder } from '../../test/setup/temporary-folder.js';
import { FileFaultsError } from './file-fault.js';
import { loadExperts, SHIPPED_EXPERTS, type LoadExpertsOptions } from './load-experts.js';

const KNOWN_MODEL = 'smollm2-135m-instruct';
const checks = {
  toolNames: ['calculator', 'clock', 'http-fetch'],
  modelIdOf(model: string) {
    if (model !== KNOWN_MODEL) throw new Error(`There is no model "${model}". Known: ${KNOWN_MODEL}.`);
    return model;
  },
};

/** A file that is valid except for the given front matter or persona. */
const fileOf = (frontMatter: string, persona = 'You know taxes.'): string => `---\n${frontMatter}\n---\n\n${persona}\n`;
const GOOD = 'name: tax-expert\nresponsibility: Taxes.';

describe('the experts that come with Colloquy', () => {
  it('are without fault, and short enough for a small model', async () => {
    const experts = await loadExperts({ folders: [SHIPPED_EXPERTS], ...checks });
    expect(experts.map(({ profile }) => profile.name)).toEqual([
      'computer-scientist',
      'customer-service-dialogue',
      'customer-service-intent',
      'customer-service-response',
      'law-expert',
      'researcher',
      'reviewer',
      'standardization-expert',
    ]);
    for (const { profile } of experts) {
      // Counts words instead of tokens, because tokens need a model's vocabulary: English has about 1.3 tokens per word.
      expect(profile.persona.split(/\s+/u).length).toBeLessThan(140);
      expect(profile.persona).toMatch(/中文/u);
    }
  });
});

describe('a folder of experts', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await createTemporaryFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const write = (files: Readonly<Record<string, string | Uint8Array>>) =>
    Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder.path, name), text)));
  const load = (options: Partial<LoadExpertsOptions> = {}) =>
    loadExperts({ folders: [folder.path], ...checks, ...options });
  /** One line for each fault, without the path of the folder. */
  const faultsOf = async (options: Partial<LoadExpertsOptions> = {}): Promise<string[]> => {
    const error = await load(options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof FileFaultsError)) throw new Error(`Expected faults, got ${String(error)}`);
    expect(error.message.split('\n')).toHaveLength(error.faults.length);
    return error.message.replaceAll(`${folder.path}/`, '').split('\n');
  };

  it('tells all that a file says', async () => {
    const all = `${GOOD}\ntitle: Tax expert\nmodel: ${KNOWN_MODEL}\ntools: [clock]\nknowledgeBases: [tax-law]\ntimeout: 2.5
maxAttempts: 2\ndecoding: { temperature: 0.5, seed: 7 }\nlanguage: zh`;
    await write({
      'a.md': fileOf(all, 'You know taxes.\n\n税务专家。'),
      'README.md': 'no expert',
      'notes.txt': 'neither',
    });
    expect(await load()).toEqual([
      {
        file: join(folder.path, 'a.md'),
        line: 2,
        language: 'zh',
        title: 'Tax expert',
        profile: {
          knowledgeBases: ['tax-law'],
          name: 'tax-expert',
          responsibility: 'Taxes.',
          persona: 'You know taxes.\n\n税务专家。\n\nAlways answer in Chinese.',
          modelId: KNOWN_MODEL,
          tools: ['clock'],
          timeoutSeconds: 2.5,
          maxAttempts: 2,
          decoding: { temperature: 0.5, seed: 7 },
        },
      },
    ]);
  });

  it('reads files of other editors: a byte order mark, and lines that end as on Windows', async () => {
    await write({ 'a.md': `\u{feff}${fileOf(GOOD)}`.replaceAll('\n', '\r\n') });
    expect(await load()).toMatchObject([{ profile: { name: 'tax-expert', persona: 'You know taxes.' } }]);
  });

  it('comes before those of a later one', async () => {
    await write({ 'mine.md': fileOf('name: reviewer\nresponsibility: Mine.') });
    const experts = await load({ folders: [folder.path, SHIPPED_EXPERTS], names: ['reviewer', 'law-expert'] });
    expect(experts.map(({ profile }) => [profile.name, profile.responsibility === 'Mine.'])).toEqual([
      ['reviewer', true],
      ['law-expert', false],
    ]);
  });

  it('is read once where it is named twice, or by a link', async () => {
    await write({ 'a.md': fileOf(GOOD) });
    await symlink(folder.path, join(folder.path, 'again'));
    expect(await load({ folders: [folder.path, folder.path, join(folder.path, 'again')] })).toHaveLength(1);
  });

  it.each([
    ['a name missing', fileOf('title: T\nresponsibility: Taxes.'), ['a.md:2: "name" is missing.']],
    ['a name wrong', fileOf('responsibility: Taxes.\nname: Tax Expert'), [/^a\.md:3: "name" is wrong: /u]],
    ['a name that is no text', fileOf('responsibility: Taxes.\nname: 7'), [/^a\.md:3: "name" is wrong: /u]],
    [
      'an unknown key',
      fileOf(`${GOOD}\nmodell: x`),
      ['a.md:4: Unknown key "modell". Remove it, or correct its spelling.'],
    ],
    [
      'an unknown key further in',
      fileOf(`${GOOD}\ndecoding:\n  temperature: 0\n  heat: 3`),
      ['a.md:6: Unknown key "heat" in "decoding". Remove it, or correct its spelling.'],
    ],
    [
      'a number out of range',
      fileOf(`${GOOD}\ntimeout: 0`),
      ['a.md:4: "timeout" is wrong: give a number from 1 to 3600.'],
    ],
    ['a unit', fileOf(`${GOOD}\ntimeout: 5 s`), ['a.md:4: "timeout" is wrong: give a number from 1 to 3600.']],
    [
      'an unknown tool',
      fileOf(`${GOOD}\ntools:\n  - clock\n  - abacus`),
      ['a.md:6: There is no tool "abacus". Known: calculator, clock, http-fetch. COLLOQUY_TOOLS adds others.'],
    ],
    [
      'tools that are no list',
      fileOf(`${GOOD}\ntools: clock`),
      ['a.md:4: "tools" is wrong: give a list of names, e.g. [calculator, clock].'],
    ],
    ['an unknown model', fileOf(`${GOOD}\nmodel: gpt-9`), [/^a\.md:4: There is no model "gpt-9"\. Known: /u]],
    [
      'no language',
      fileOf(`${GOOD}\nlanguage: chinese!`),
      ['a.md:4: "language" is wrong: give a language tag, e.g. zh.'],
    ],
    [
      'no persona',
      fileOf(GOOD, ' \n\t'),
      ['a.md:4: The persona is missing: write below the front matter who the expert is.'],
    ],
    ['a key twice', fileOf(`${GOOD}\nname: other`), ['a.md:4: Broken YAML: Map keys must be unique.']],
    ['broken YAML', fileOf('name: "tax\nresponsibility: x'), [/^a\.md:3: Broken YAML: .*quote/u]],
    ['an unknown tag', fileOf(`${GOOD}\ntitle: !!js/function x`), [/^a\.md:4: Broken YAML: Unresolved tag/u]],
    ['no mapping', fileOf('- a\n- b'), [/^a\.md:2: This must be "key: value"/u]],
    ['nothing', '', ['a.md:1: The first line must be "---": the front matter begins there.']],
    ['no end', '---\nname: x\n', [/^a\.md:3: The front matter does not end/u]],
    [
      'several things',
      fileOf('name: x\ntools: [abacus]\nmodell: y\ntimeout: 1e9'),
      [/^a\.md:2: "responsibility" is missing/u, /^a\.md:5: "timeout" is wrong/u, /^a\.md:4: Unknown key "modell"/u],
    ],
  ])('with %s is told where', async (_what, text, expected) => {
    await write({ 'a.md': text });
    const faults = await faultsOf();
    // A matching pattern is replaced by the line; otherwise the comparison shows the pattern beside the line.
    const wanted = expected.map((one, index) =>
      one instanceof RegExp && one.test(faults[index] ?? '') ? faults[index] : one,
    );
    expect(faults).toEqual(wanted);
  });

  it('reports the faults of all files at once', async () => {
    await write({ 'a.md': fileOf('responsibility: A.'), 'b.md': fileOf(GOOD), 'c.md': fileOf(GOOD), 'd.md': '' });
    expect(await faultsOf()).toEqual([
      'a.md:2: "name" is missing.',
      'c.md:2: There is another expert "tax-expert", in b.md:2. Give each a name of its own.',
      'd.md:1: The first line must be "---": the front matter begins there.',
    ]);
  });

  it('refuses an alias bomb at once', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(12).fill(`*a${i}`).join(', ')}]`);
    await write({ 'a.md': fileOf(`a0: &a0 x\n${rows.join('\n')}`) });
    expect(await faultsOf()).toEqual([expect.stringMatching(/^a\.md:2: Broken YAML: Excessive alias count/u)]);
  });

  it('refuses a persona of 10 MB by its size, and one that is merely too long', async () => {
    await write({ 'a.md': fileOf(GOOD, 'x'.repeat(10_000_000)), 'b.md': fileOf(GOOD, 'x'.repeat(40_000)) });
    expect(await faultsOf()).toEqual([
      expect.stringMatching(/^a\.md: It is too large: 10,000,0\d\d bytes, at most 65,536/u),
      expect.stringMatching(/^b\.md:4: The persona is too large: 40,000 bytes, at most 32,768/u),
    ]);
  });

  it('refuses what is no text file', async () => {
    await write({ 'a.md': Buffer.from([0x2d, 0x2d, 0x2d, 0x0a, 0xff, 0xfe]), 'nul.md': 'a\0b' });
    await mkdir(join(folder.path, 'folder.md'));
    await symlink('loop.md', join(folder.path, 'loop.md'));
    await symlink('nowhere', join(folder.path, 'nothing.md'));
    execFileSync('mkfifo', [join(folder.path, 'pipe.md')]);
    expect(await faultsOf()).toEqual([
      'a.md: It is not valid UTF-8. Convert it first, e.g. with iconv -t UTF-8.',
      'folder.md: This is a folder. Write a text file.',
      'loop.md: It is a symbolic link that leads back to itself. Put a file in its place.',
      'nothing.md: The file does not exist, or it is a broken link.',
      'nul.md: It holds a NUL character. Write text, not binary data.',
      'pipe.md: This is not a regular file. Write a text file.',
    ]);
  });

  // Root can read every file.
  it.skipIf(process.getuid?.() === 0)('says what may not be read', async () => {
    await write({ 'a.md': fileOf(GOOD) });
    await chmod(join(folder.path, 'a.md'), 0);
    expect(await faultsOf()).toEqual([expect.stringMatching(/^a\.md: It may not be read by this user/u)]);
  });

  it('says which expert there is not, and which folder', async () => {
    await write({ 'a.md': fileOf(GOOD) });
    expect(await faultsOf({ names: ['tax-expert', 'nobody'] })).toEqual([
      `${folder.path}: There is no expert "nobody". Known: tax-expert.`,
    ]);
    await rm(join(folder.path, 'a.md'));
    await writeFile(join(folder.path, 'file'), '');
    expect(await faultsOf({ folders: [join(folder.path, 'file'), join(folder.path, 'gone')] })).toEqual([
      'file: This is not a folder. Name a folder with files NAME.md.',
      'gone: The file does not exist, or it is a broken link.',
    ]);
  });
});
