import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { loadTools } from './load-tools.js';

const SELF = JSON.stringify(fileURLToPath(new URL('index.ts', import.meta.url)));
const ECHO = `defineTool({ name: 'echo', description: 'Says it again.', parameters: z.object({ text: z.string() }),
  timeoutMs: 1000, maxAttempts: 1, run: ({ text }) => text })`;

async function load(source: string, name = 'tool.mjs') {
  await using folder = await createTemporaryFolder();
  await mkdir(join(folder.path, 'a'));
  await writeFile(join(folder.path, 'a', name), source);
  return await loadTools({ modules: [`a/${name}`], fetchAllow: [], folder: folder.path });
}

it('adds those of a module to its own, one or several', async () => {
  for (const exported of [ECHO, `[${ECHO}]`]) {
    const { descriptions } = await load(`import { defineTool, z } from ${SELF};\nexport default ${exported};`);
    expect(descriptions.map(({ name }) => name)).toEqual(['calculator', 'clock', 'http-fetch', 'echo']);
  }
});

it.each([
  ['x = ', 'The module of tools "a/tool.mjs" cannot be loaded: '],
  ['throw new Error("no licence")', 'The module of tools "a/tool.mjs" cannot be loaded: no licence'],
  [
    'export const tool = 1',
    'The module of tools "a/tool.mjs" must have a tool, or an array of tools, as its default export',
  ],
  ['export default { name: "echo" }', 'must have a tool, or an array of tools, as its default export'],
  [
    `import { defineTool, z } from ${SELF};\nexport default ${ECHO.replace("'echo'", "'clock'")};`,
    'Tool "clock": there is another tool of this name',
  ],
])('refuses %j', async (source, message) => {
  await expect(load(source)).rejects.toMatchObject({
    type: 'Tool.Invalid',
    message: expect.stringContaining(message) as string,
  });
});

it('names a module that is not there', async () => {
  await expect(loadTools({ modules: ['./none.js'], fetchAllow: [] })).rejects.toMatchObject({
    type: 'Tool.Invalid',
    message: expect.stringMatching(/^The module of tools "\.\/none\.js" cannot be loaded: .*none\.js/u) as string,
  });
});
