import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFile } from './log-file.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-log-'));
  path = join(folder, 'logs', 'worker.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the last lines are those of this run', () => {
  const log = new LogFile(path);
  expect(log.lastLines()).toEqual([]);
  writeSync(log.fd, 'of the run before\n');
  log.markRun();
  expect(log.lastLines()).toEqual([]);
  writeSync(log.fd, 'one\n\n  two\nthree');
  expect(log.lastLines()).toEqual(['one', '  two', 'three']);
  expect(log.lastLines(2)).toEqual(['  two', 'three']);
  log.close();
});

test('a log that grew too long is moved aside at the next start', () => {
  new LogFile(path).close();
  writeFileSync(path, 'x'.repeat(101));
  const log = new LogFile(path, 100);
  writeSync(log.fd, 'new');
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readFileSync(`${path}.1`, 'utf8')).toHaveLength(101);
});

test('a log stays bounded while a process writes it, and keeps the newest lines', async () => {
  const log = new LogFile(path, 20_000, 20);
  const program = `let n = 0; const timer = setInterval(() => {
    for (let i = 0; i < 20; i++) console.log('line ' + n++ + ' ' + 'x'.repeat(40));
    if (n === 2000) clearInterval(timer);
  }, 5)`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', log.fd, log.fd] });
  await once(child, 'exit');
  log.close();
  const text = readFileSync(path, 'utf8');
  // The program writes 2,000 lines of 50 characters; on a busy machine a rotation may come several writes late.
  expect(text.length).toBeLessThan(80_000);
  // The file contains only text: a writer that did not append would leave a gap of zeros before its next line.
  expect(text).not.toContain('\0');
  expect(`${readFileSync(`${path}.1`, 'utf8')}${text}`).toContain('\nline 1999 ');
});
