import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { FileFaultsError } from './file-fault.js';
import { loadExperts, SHIPPED_EXPERTS } from './load-experts.js';
import { loadPanel } from './load-panel.js';

const modelIdOf = (model: string): string => model;
const experts = await loadExperts({ folders: [SHIPPED_EXPERTS], modelIdOf });

async function load(text: string, name = 'panel.yaml') {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, name);
  await writeFile(path, text);
  const loaded: unknown = await loadPanel(path, experts).catch((error: unknown) => error);
  if (!(loaded instanceof FileFaultsError)) return { loaded, faults: [] };
  return { loaded, faults: loaded.message.replaceAll(`${folder.path}/`, '').split('\n') };
}

it('reads a panel of YAML, and one whose task is the body of Markdown', async () => {
  const yaml = `task: 制定标准
way: debate
judge: reviewer
experts:
  - law-expert
  - name: computer-scientist
    after: [law-expert]
  - { name: tax-expert, url: 'http://127.0.0.1:5000' }
limits: { rounds: 2, tokens: 9000 }`;
  const { loaded } = await load(yaml);
  expect(loaded).toMatchObject({
    task: '制定标准',
    way: 'debate',
    coordinator: { name: 'reviewer' },
    experts: [
      { name: 'law-expert' },
      { name: 'computer-scientist', after: ['law-expert'] },
      { name: 'tax-expert', persona: '', remoteUrl: 'http://127.0.0.1:5000' },
    ],
    limits: { rounds: 2, tokenBudget: 9000 },
  });
  const markdown = '---\ncoordinator: standardization-expert\nexperts: [reviewer]\n---\n\nReview this:\n\n---\nx\n';
  expect((await load(markdown, 'panel.md')).loaded).toMatchObject({
    task: 'Review this:\n\n---\nx',
    way: 'coordinator',
  });
});

const TWO =
  'way: pipeline\nexperts:\n  - name: law-expert\n    after: [AFTER]\n  - name: reviewer\n    after: [law-expert]';

it.each([
  ['experts: [law-expert]', ['panel.yaml:1: "coordinator" is missing.']],
  ['way: debate\nexperts: [law-expert]', ['panel.yaml:1: "judge" is missing: a debate needs one.']],
  [
    'way: pipeline\njudge: reviewer\nexperts: [law-expert]',
    ['panel.yaml:2: "judge" is for a debate or a vote, not for "way: pipeline".'],
  ],
  [
    'way: chat\nexperts: [law-expert]',
    ['panel.yaml:1: "way" is wrong: give one of coordinator, pipeline, debate, vote.'],
  ],
  ['way: pipeline', ['panel.yaml:1: "experts" is missing.']],
  ['way: pipeline\nexperts: []', ['panel.yaml:2: "experts" is wrong: give at least one name.']],
  ['way: pipeline\nexperts: [law-expert, 7]', [/^panel\.yaml:2: "experts" 2 is wrong/u]],
  [
    'way: pipeline\nexperts: [law-expert]\nlimits: { rounds: 0 }',
    ['panel.yaml:3: "limits.rounds" is wrong: give a whole number from 1 to 20.'],
  ],
  [
    'way: pipeline\nexperts: [law-expert]\ntask: ""',
    ['panel.yaml:3: "task" is wrong: The message is empty. Write something.'],
  ],
  [
    'way: pipeline\nexperts:\n  - { name: x, url: ftp://h }',
    [/^panel\.yaml:3: "experts\.url" 1 is wrong: "ftp:\/\/h" is not the address/u],
  ],
  [
    'way: vote\njudge: me\nexperts:\n  - law-expert\n  - nobody\n  - law-expert',
    [
      'panel.yaml:6: Expert "law-expert" is there already.',
      /^panel\.yaml:2: There is no expert "me"\. Known: computer-scientist, /u,
      /^panel\.yaml:5: There is no expert "nobody"\. Known: /u,
    ],
  ],
  [
    TWO.replace('AFTER', 'reviewer'),
    ['panel.yaml:3: Experts wait for each other in a circle: law-expert → reviewer → law-expert. Remove one "after".'],
  ],
  [
    TWO.replace('AFTER', 'law-expert'),
    ['panel.yaml:3: Experts wait for each other in a circle: law-expert → law-expert. Remove one "after".'],
  ],
  [
    TWO.replace('AFTER', 'researcher'),
    [
      'panel.yaml:4: "law-expert" waits for "researcher", which is not in this panel. Its experts: law-expert, reviewer.',
    ],
  ],
])('refuses %j', async (text, expected) => {
  const { faults } = await load(text);
  const wanted = expected.map((one, index) =>
    one instanceof RegExp && one.test(faults[index] ?? '') ? faults[index] : one,
  );
  expect(faults).toEqual(wanted);
});

it('says that there is no file', async () => {
  await expect(loadPanel('none.yaml', experts)).rejects.toThrow('none.yaml: The file does not exist');
});

it.each(['ai-compliance/panel.yaml', 'ai-compliance/panel-en.yaml', 'research/panel.yaml', 'code-review/panel.md'])(
  'reads the example %s',
  async (path) => {
    const panel = await loadPanel(join('library', 'panels', path), experts);
    expect(panel.task?.length).toBeGreaterThan(10);
  },
);

it('reads the example of customer service, whose expert has a tool of its own', async () => {
  const folder = join('library', 'panels', 'customer-service');
  const own = await loadExperts({
    folders: [join(folder, 'experts'), SHIPPED_EXPERTS],
    toolNames: ['order-lookup', 'http-fetch'],
    modelIdOf,
  });
  const panel = await loadPanel(join(folder, 'panel.yaml'), own);
  expect(panel.experts.map(({ tools }) => tools)).toEqual([undefined, ['order-lookup'], undefined]);
});
