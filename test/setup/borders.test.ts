import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cruise } from 'dependency-cruiser';
import { expect, test } from 'vitest';
import type { IConfiguration } from 'dependency-cruiser';
import { createTemporaryFolder } from './temporary-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

type Allowed = Readonly<Record<string, readonly string[]>>;
interface Borders {
  readonly FOLDERS: Allowed;
  readonly ROOMS: Allowed;
  readonly FILES: Allowed;
  readonly PACKAGES: Allowed;
}
const { FOLDERS, ROOMS, FILES, PACKAGES }: Borders = await import(join(root, 'scripts/borders.mjs'));
const { default: configuration }: { default: IConfiguration } = await import(join(root, '.dependency-cruiser.mjs'));

/** What ARCHITECTURE.md promises, apart from the table that the rules are made of. */
const PROMISED: readonly (readonly [from: string, to: string])[] = [
  ...Object.keys(FOLDERS)
    .filter((folder) => folder !== 'domain')
    .map((folder) => ['domain', folder] as const),
  ...['inference', 'retrieval', 'streaming', 'archive', 'database', 'client', 'workers', 'cli', 'net'].map(
    (folder) => ['workflows', folder] as const,
  ),
  ...['workers', 'client', 'cli', 'api'].map((folder) => ['activities', folder] as const),
  ...['inference', 'retrieval', 'streaming', 'archive', 'database', 'tools', 'experts', 'artefacts', 'net'].flatMap(
    (folder) => ['workflows', 'activities', 'workers', 'client', 'cli', 'api'].map((above) => [folder, above] as const),
  ),
  ...['workers', 'inference', 'cli', 'activities', 'api'].map((folder) => ['client', folder] as const),
  ...['workers', 'cli', 'activities', 'inference'].map((folder) => ['api', folder] as const),
  ...['cli', 'api'].map((folder) => ['workers', folder] as const),
  ...['inference', 'database', 'archive'].map((folder) => ['retrieval/parse', folder] as const),
];

/** Ways to import. `PATH` is what is imported. */
const WAYS = [
  `import { value } from 'PATH';\nexport const used = value;\n`,
  `import type { Value } from 'PATH';\nexport type Used = Value;\n`,
  `export { value } from 'PATH';\n`,
  `export const used = (): Promise<unknown> => import('PATH');\n`,
  `export type Used = import('PATH').Value;\n`,
];

interface Planted {
  /** From the root. */
  readonly file: string;
  readonly imported: string;
}

test('every import that the borders forbid is refused, at every depth and in every way, and no other', async () => {
  await using temporary = await createTemporaryFolder();
  const folder = temporary.path;
  const places = [...Object.keys(FOLDERS), ...Object.keys(ROOMS)];
  const mayImport: Allowed = { ...FOLDERS, ...ROOMS };
  const forbidden: Planted[] = [];
  const allowed: Planted[] = [];
  let count = 0;
  const plant = async (place: string, imported: string, to: Planted[]): Promise<void> => {
    const depth = ['', 'deep/', 'deep/deeper/'][count % 3] ?? '';
    const file = `src/${place}/${depth}planted-${count}.ts`;
    const path = imported.startsWith('src/')
      ? posix.relative(posix.dirname(file), imported).replace(/\.ts$/u, '.js')
      : imported;
    const way = WAYS[count % WAYS.length] ?? '';
    count++;
    await put(folder, file, way.replace('PATH', path.startsWith('.') || path === imported ? path : `./${path}`));
    to.push({ file, imported });
  };
  for (const place of places) await put(folder, `src/${place}/any.ts`, ANY);
  for (const file of Object.keys(FILES)) await put(folder, `src/${file}`, ANY);
  for (const name of Object.keys(PACKAGES)) {
    await put(
      folder,
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    );
    await put(folder, `node_modules/${name}/index.js`, 'exports.value = 1;\n');
  }
  for (const place of places) {
    const own = place.split('/')[0] ?? place;
    for (const other of Object.keys(FOLDERS).filter((name) => name !== own)) {
      await plant(place, `src/${other}/any.ts`, mayImport[place]?.includes(other) === true ? allowed : forbidden);
    }
    const rooms = Object.keys(ROOMS).filter((room) => place !== own && room !== place && room.startsWith(`${own}/`));
    for (const room of rooms) {
      const isAllowed = mayImport[place]?.some((name) => name === room || name === own) === true;
      await plant(place, `src/${room}/any.ts`, isAllowed ? allowed : forbidden);
    }
    for (const [file, folders] of Object.entries(FILES)) {
      if (place === own) await plant(place, `src/${file}`, folders.includes(own) ? allowed : forbidden);
    }
    for (const [name, folders] of Object.entries(PACKAGES)) {
      if (place === own) await plant(place, name, folders.includes(own) ? allowed : forbidden);
    }
  }
  for (const [from, to] of PROMISED) await plant(from, `src/${to}/any.ts`, forbidden);
  await put(folder, 'src/attic/any.ts', `import { value } from '../domain/any.js';\nexport const used = value;\n`);
  forbidden.push({ file: 'src/attic/any.ts', imported: 'src/domain/any.ts' });

  const { output } = await cruise(['src'], {
    ...configuration.options,
    ruleSet: { forbidden: (configuration.forbidden ?? []).filter(({ name }) => name !== 'no-cycles') },
    validate: true,
    baseDir: folder,
  });
  if (typeof output === 'string') throw new Error(output);
  const refused = new Set(output.summary.violations.map(({ from, to }) => `${from} imports ${to}`));
  const isRefused = ({ file, imported }: Planted): boolean =>
    [...refused].some((line) => line.startsWith(`${file} imports`) && line.includes(imported));
  expect(forbidden.filter((planted) => !isRefused(planted))).toEqual([]);
  expect(allowed.filter((planted) => isRefused(planted))).toEqual([]);
  expect(forbidden.length).toBeGreaterThan(300);
});

test('a workflow that imports more of an activity than its types is refused, at every depth', async () => {
  await using temporary = await createTemporaryFolder();
  const folder = temporary.path;
  const files = ['src/workflows/a.ts', 'src/workflows/deep/b.ts', 'src/workflows/deep/deeper/c.ts'];
  for (const file of files) {
    const up = '../'.repeat(file.split('/').length - 2);
    await put(folder, file, `import { value } from '${up}activities/any.js';\nexport const used = value;\n`);
  }
  await put(
    folder,
    'src/workflows/typed.ts',
    `import type { Value } from '../activities/any.js';\nexport type Used = Value;\n`,
  );
  // Paths of its rules are relative to where it stands. Types are not needed, and their linter would want a project.
  const config: { options: object } = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8'));
  await put(folder, '.oxlintrc.json', JSON.stringify({ ...config, options: { typeAware: false } }));
  const oxlint = join(root, 'node_modules/.bin/oxlint');
  const refusal = await promisify(execFile)(oxlint, ['--format', 'unix', 'src'], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  for (const file of files) expect(refusal.stdout).toMatch(new RegExp(`${file}.*no-restricted-imports`, 'u'));
  expect(refusal.stdout).not.toContain('typed.ts');
});

const ANY = 'export const value = 1;\nexport type Value = number;\n';

async function put(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
