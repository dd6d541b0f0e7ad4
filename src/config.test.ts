import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readConfig } from './config.js';

it('names every variable that is wrong, in one line', () => {
  const read = () => readConfig({ COLLOQUY_GPU: 'gtx', COLLOQUY_UI_PORT: '99999' });
  expect(read).toThrow(
    /^Wrong environment variables \(\.env\.example explains each\): [^\n]*COLLOQUY_UI_PORT="99999"[^\n]*COLLOQUY_GPU="gtx"/u,
  );
});

it('takes an empty variable as not set', () => {
  expect(readConfig({ COLLOQUY_MODEL: '', COLLOQUY_THREADS: '' })).toEqual(readConfig({}));
});

it('reads lists by commas, and refuses what is no host', () => {
  const given = { COLLOQUY_TOOLS: 'a.js, b.mjs,', COLLOQUY_FETCH_ALLOW: 'example.org ,*.example.net' };
  expect(readConfig(given)).toMatchObject({
    tools: ['a.js', 'b.mjs'],
    fetchAllow: ['example.org', '*.example.net'],
  });
  expect(() => readConfig({ COLLOQUY_FETCH_ALLOW: 'https://example.org,a/b' })).toThrow(
    /COLLOQUY_FETCH_ALLOW=.*"https:\/\/example\.org" is no host.*"a\/b" is no host/u,
  );
});

it('documents each variable in .env.example, with its default', () => {
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const variables = Object.fromEntries(
    example.split('\n').flatMap((line) => {
      const match = /^([A-Z_]+)=(.*)$/u.exec(line);
      return match ? [[match[1] ?? '', match[2] ?? '']] : [];
    }),
  );
  expect(readConfig(variables)).toEqual(readConfig({}));
  const read = readFileSync(new URL('./config.ts', import.meta.url), 'utf8').match(/COLLOQUY_[A-Z_]+(?=:)/gu) ?? [];
  expect(Object.keys(variables)).toEqual(expect.arrayContaining(read));
});
