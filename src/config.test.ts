import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, it } from 'vitest';
import { createTemporaryFolder } from '../test/setup/temporary-folder.js';
import { loadEnvFile } from './cli/env-file.js';
import { readConfig } from './config.js';
import { SETTINGS } from './settings.js';
import type { Setting } from './settings.js';

const documents = new URL('../scripts/settings-documents.mjs', import.meta.url).href;
const {
  envExample,
  settingsPage,
}: {
  envExample: (settings: readonly Setting[]) => string;
  settingsPage: (page: string, settings: readonly Setting[]) => string;
} = await import(documents);

it('names every variable that is wrong, in one line', () => {
  const read = () => readConfig({ COLLOQUY_GPU: 'gtx', COLLOQUY_UI_PORT: '99999' });
  expect(read).toThrow(
    /^Wrong environment variables \(\.env\.example explains each\): [^\n]*COLLOQUY_UI_PORT="99999"[^\n]*COLLOQUY_GPU="gtx"/u,
  );
});

it('shows no password of a wrong DATABASE_URL', () => {
  const read = () => readConfig({ DATABASE_URL: 'mysql://me:secret@host/db' });
  expect(read).toThrow(/DATABASE_URL=\(not shown\): give postgres:\/\//u);
  expect(read).not.toThrow(/secret/u);
  expect(readConfig({ DATABASE_URL: 'postgresql://me@host/db?sslmode=require' }).databaseUrl).toMatch(/^postgresql:/u);
});

it('reads what web searches need, and shows none of it when it is wrong', () => {
  const given = {
    COLLOQUY_SEARXNG_URL: 'http://10.0.0.1:8080',
    COLLOQUY_GOOGLE_API_KEY: 'g',
    COLLOQUY_GOOGLE_CX: '1:x',
  };
  expect(readConfig(given).webSearch).toEqual({
    searxngUrl: 'http://10.0.0.1:8080',
    braveApiKey: undefined,
    googleApiKey: 'g',
    googleCx: '1:x',
    newsApiKey: undefined,
  });
  const wrong = () => readConfig({ COLLOQUY_SEARXNG_URL: 'me:secret@host', COLLOQUY_BRAVE_API_KEY: 'secret key' });
  expect(wrong).toThrow(
    /COLLOQUY_SEARXNG_URL=\(not shown\): give an address.*COLLOQUY_BRAVE_API_KEY=\(not shown\): give a key/u,
  );
  expect(wrong).not.toThrow(/secret/u);
});

it('shows no token that is wrong', () => {
  const read = () => readConfig({ COLLOQUY_API_TOKEN: 'not a secret' });
  expect(read).toThrow(/COLLOQUY_API_TOKEN=\(not shown\): give at least 8 letters/u);
  expect(read).not.toThrow(/secret/u);
});

it('takes an empty variable as not set', () => {
  expect(readConfig({ COLLOQUY_MODEL: '', COLLOQUY_THREADS: '' })).toEqual(readConfig({}));
});

it('reads the sizes of the engine', () => {
  const sizes = { COLLOQUY_SEQUENCES: '6', COLLOQUY_GPU_LAYERS: '0', COLLOQUY_CONTEXT_TOKENS: '4096' };
  expect(readConfig(sizes)).toMatchObject({ sequences: 6, gpuLayers: 0, contextTokens: 4096 });
  expect(() => readConfig({ COLLOQUY_SEQUENCES: '0' })).toThrow(
    'COLLOQUY_SEQUENCES="0": give a whole number from 1 to 256',
  );
});

it('reads lists by commas, and refuses what is no host', () => {
  const given = { COLLOQUY_TOOLS: 'a.js, b.mjs,', COLLOQUY_FETCH_ALLOW: 'example.org ,*.example.net' };
  expect(readConfig(given)).toMatchObject({
    tools: ['a.js', 'b.mjs'],
    fetchAllow: ['example.org', '*.example.net'],
  });
  expect(() => readConfig({ COLLOQUY_FETCH_ALLOW: 'https://example.org,a/b' })).toThrow(
    /COLLOQUY_FETCH_ALLOW=.*"https:\/\/example\.org" is not a valid host.*"a\/b" is not a valid host/u,
  );
});

it('reads the example file as the defaults', () => {
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  expect(readConfig(parseEnv(example))).toEqual(readConfig({}));
});

it('is documented as the settings say', () => {
  const settings = Object.values<Setting>(SETTINGS);
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  // If this fails, write the files again: npm run settings
  expect(read('../.env.example')).toBe(envExample(settings));
  const page = read('../docs/guide/settings.md');
  expect(page).toBe(settingsPage(page, settings));
  for (const { variable } of settings) expect(page).toContain(`- \`${variable}\``);
});

it('takes each variable from a file, too', async () => {
  await using folder = await createTemporaryFolder();
  const variables = Object.values<Setting>(SETTINGS).map(({ variable }) => variable);
  writeFileSync(join(folder.path, '.env'), variables.map((variable) => `${variable}=x`).join('\n'));
  expect(loadEnvFile(join(folder.path, '.env'), {})?.names).toEqual(variables.toSorted());
});
