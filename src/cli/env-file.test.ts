import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadEnvFile } from './env-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-env-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(text: string, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(folder, '.env'), text);
  const found = loadEnvFile(join(folder, '.env'), env);
  return { env, ...found, faults: found?.faults.map((fault) => fault.replace(folder, '')) };
}

it('sets what is not set yet', () => {
  const { env, names } = load(
    '# mine\nCOLLOQUY_MODEL=a\nexport COLLOQUY_UI_PORT = 9000\nDATABASE_URL="postgres://x"\n',
    {
      COLLOQUY_MODEL: 'from the shell',
      COLLOQUY_UI_PORT: '',
    },
  );
  expect(env).toEqual({
    COLLOQUY_MODEL: 'from the shell',
    COLLOQUY_UI_PORT: '9000',
    DATABASE_URL: 'postgres://x',
  });
  expect(names).toEqual(['COLLOQUY_UI_PORT', 'DATABASE_URL']);
});

it('leaves alone what is for other programs', () => {
  expect(load('NODE_OPTIONS=--require ./evil.js\nPORT=1\nCOLLOQUY_PERSONA=\n').env).toEqual({});
});

it('tells lines that say nothing, without their text', () => {
  const { env, faults } = load('COLLOQUY_MODEL=a\nsk-secret-key\nCOLLOQUY_PERSONA="two\nlines"\n: b\n\n#c\nexport\n');
  expect(faults).toEqual(
    [2, 5, 8].map((line) => `/.env, line ${line}: this is not NAME=value, so the line was ignored.`),
  );
  expect(env).toEqual({ COLLOQUY_MODEL: 'a', COLLOQUY_PERSONA: 'two\nlines' });
});

it('does without a file', () => {
  expect(loadEnvFile(join(folder, '.env'), {})).toBeUndefined();
  expect(loadEnvFile(folder, {})).toBeUndefined();
});
