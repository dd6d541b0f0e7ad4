// @ts-check
import { FILES, FOLDERS, PACKAGES, ROOMS } from './scripts/borders.mjs';

/** Tests put together what the program keeps apart. */
const TESTS = '\\.test\\.ts$';
const escaped = (/** @type {string} */ text) => text.replace(/[.+*?^$()[\]{}|\\/]/gu, '\\$&');
const oneOf = (/** @type {readonly string[]} */ names) => `(?:${names.map(escaped).join('|')})`;

/** Where a file is of one of these, as patterns. `folder/*` are the files of the folder itself. */
const within = (/** @type {readonly string[]} */ names) => [
  `^src/${oneOf(names.filter((name) => !name.endsWith('/*')))}/`,
  ...names.filter((name) => name.endsWith('/*')).map((name) => `^src/${escaped(name.slice(0, -1))}[^/]+$`),
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(FOLDERS).map(([folder, allowed]) => ({
      name: `${folder}-imports`,
      severity: /** @type {const} */ ('error'),
      comment: `${folder}/ may import ${allowed.length === 0 ? 'only itself' : allowed.join(', ')}.`,
      from: { path: `^src/${escaped(folder)}/`, pathNot: TESTS },
      to: { path: '^src/[^/]+/', pathNot: `^src/${oneOf([folder, ...allowed])}/` },
    })),
    ...Object.entries(ROOMS).map(([room, allowed]) => ({
      name: `${room.replace('/', '-')}-imports`,
      severity: /** @type {const} */ ('error'),
      comment: `${room}/ may import ${allowed.join(', ')}.`,
      from: { path: `^src/${escaped(room)}/`, pathNot: TESTS },
      to: { path: '^src/[^/]+/', pathNot: within([room, ...allowed]) },
    })),
    ...Object.entries(FILES).map(([file, folders]) => ({
      name: `who-imports-${file.replace('.ts', '')}`,
      severity: /** @type {const} */ ('error'),
      comment: `Only ${folders.join(', ')} may import ${file}.`,
      from: { path: '^src/[^/]+/', pathNot: [TESTS, `^src/${oneOf(folders)}/`] },
      to: { path: `^src/${escaped(file)}$` },
    })),
    ...Object.entries(PACKAGES).map(([name, folders]) => ({
      name: `who-imports-${name.replace('@', '').replace('/', '-')}`,
      severity: /** @type {const} */ ('error'),
      comment: `Only ${folders.join(', ')} may import the package ${name}.`,
      from: { path: '^src/', pathNot: [TESTS, `^src/${oneOf(folders)}/`] },
      to: { path: `(?:^|/)${escaped(name)}(?:/|$)`, dependencyTypesNot: ['local'] },
    })),
    {
      name: 'known-folders',
      severity: 'error',
      comment: 'A new folder of src/ has its line in scripts/borders.mjs.',
      from: { path: '^src/[^/]+/', pathNot: [TESTS, `^src/${oneOf(Object.keys(FOLDERS))}/`] },
      to: {},
    },
    { name: 'no-cycles', severity: 'error', comment: 'No cycles.', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
