import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openInputHistory } from './input-history.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'colloquy-history-'));
});
afterEach(() => rmSync(home, { recursive: true }));
const file = (): string => join(home, 'chat-history');

it('brings back what was typed in earlier chats, the newest first', () => {
  const first = openInputHistory(home);
  first.add('one');
  first.add('two\nlines');
  expect(openInputHistory(home).entries).toEqual(['two\nlines', 'one']);
});

it('is readable by its user alone, also where the file was there before', () => {
  openInputHistory(home).add('one');
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  writeFileSync(join(home, 'chat-history'), '"old"\n', { mode: 0o644 });
  expect(openInputHistory(home).entries).toEqual(['old']);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

it('stays small, and skips what is damaged and what is very long', () => {
  writeFileSync(file(), `no JSON\n5\n${Array.from({ length: 1_200 }, (_, index) => `"${index}"\n`).join('')}`);
  const history = openInputHistory(home);
  expect(history.entries).toHaveLength(500);
  expect(history.entries[0]).toBe('1199');
  expect(readFileSync(file(), 'utf8').split('\n')).toHaveLength(501);
  history.add('x'.repeat(20_000));
  expect(openInputHistory(home).entries[0]).toBe('1199');
});

it('does without where the folder cannot be used', () => {
  const history = openInputHistory(join(home, 'nowhere'));
  history.add('one');
  expect(history.entries).toEqual([]);
});
