import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identifyProcess, isAlive } from './process-identity.js';
import { runFilePath } from './run-file.js';
import { readStackState, removeStackState, writeStackState, type StackState } from './stack-state.js';
import { withStartLock } from '../workers/stack/start-lock.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'colloquy-run-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** The identity of a process that has ended. */
async function endedProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const identity = identifyProcess(child.pid ?? 0);
  expect(isAlive(identity)).toBe(true);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  return identity;
}

describe('a process identity', () => {
  test('is alive as long as its process', async () => {
    expect(isAlive(identifyProcess(process.pid))).toBe(true);
    expect(isAlive(identifyProcess(process.ppid))).toBe(true);
    expect(isAlive(await endedProcess())).toBe(false);
  });

  test.skipIf(process.platform !== 'linux')('is not that of another process which has its pid now', () => {
    const { pid, startTime = '' } = identifyProcess(process.pid);
    expect(isAlive({ pid, startTime: `${startTime}1` })).toBe(false);
    expect(isAlive({ pid, startTime: startTime.replace(/^[^/]*/, 'another-boot') })).toBe(false);
  });

  test('of a pid that nobody has is not alive', () => {
    // Higher than the largest pid of Linux, 2 to the 22nd.
    expect(isAlive(identifyProcess(4_194_305))).toBe(false);
  });
});

describe('the state of the stack', () => {
  const state: StackState = {
    temporalAddress: '127.0.0.1:7233',
    uiUrl: 'http://127.0.0.1:8233',
    namespace: 'default',
    models: ['smollm2-135m-instruct'],
    streamSocket: '/tmp/stream.sock',
  };

  test('is there until it is removed, for this user only', () => {
    expect(readStackState(home)).toBeUndefined();
    writeStackState(home, state);
    expect(readStackState(home)).toMatchObject({ ...state, owner: { pid: process.pid } });
    expect(new Date(readStackState(home)?.startedAt ?? '').getTime()).toBeCloseTo(performance.timeOrigin, -3);
    expect(statSync(runFilePath(home, 'stack.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home, 'run'))).toEqual(['stack.json']);
    removeStackState(home);
    expect(readStackState(home)).toBeUndefined();
    removeStackState(home);
  });

  test('of a process that was killed does not count, and makes room', async () => {
    writeStackState(home, state);
    const owned = JSON.parse(readFileSync(runFilePath(home, 'stack.json'), 'utf8'));
    writeFileSync(runFilePath(home, 'stack.json'), JSON.stringify({ ...owned, owner: await endedProcess() }));
    expect(readStackState(home)).toBeUndefined();
    writeStackState(home, state);
    expect(readStackState(home)?.owner.pid).toBe(process.pid);
  });

  test('of another living process is not removed', () => {
    writeStackState(home, state);
    const owned = JSON.parse(readFileSync(runFilePath(home, 'stack.json'), 'utf8'));
    writeFileSync(runFilePath(home, 'stack.json'), JSON.stringify({ ...owned, owner: identifyProcess(process.ppid) }));
    removeStackState(home);
    expect(readStackState(home)?.owner.pid).toBe(process.ppid);
  });

  test.each(['', '{', 'null', '{"owner":{"pid":1}}'])('that makes no sense does not count: %j', (text) => {
    mkdirSync(join(home, 'run'));
    writeFileSync(runFilePath(home, 'stack.json'), text);
    expect(readStackState(home)).toBeUndefined();
  });
});

describe('the start lock', () => {
  const never = new AbortController().signal;

  test('lets one in at a time', async () => {
    let inside = 0;
    const action = async (): Promise<void> => {
      inside++;
      expect(inside).toBe(1);
      await sleep(20);
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withStartLock(home, never, action)));
    expect(readdirSync(join(home, 'run'))).toEqual([]);
  });

  test('is open again after a failure', async () => {
    await expect(withStartLock(home, never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withStartLock(home, never, () => Promise.resolve('in'))).toBe('in');
  });

  test('of a process that was killed is broken', async () => {
    mkdirSync(join(home, 'run'));
    writeFileSync(runFilePath(home, 'temporal.lock'), JSON.stringify(await endedProcess()));
    expect(await withStartLock(home, never, () => Promise.resolve('in'))).toBe('in');
    // As if the process was killed after it created the file and before it wrote to it.
    writeFileSync(runFilePath(home, 'temporal.lock'), '');
    utimesSync(runFilePath(home, 'temporal.lock'), new Date(0), new Date(0));
    expect(await withStartLock(home, never, () => Promise.resolve('in'))).toBe('in');
  });

  test('held by a living process is waited for, until the signal', async () => {
    mkdirSync(join(home, 'run'));
    writeFileSync(runFilePath(home, 'temporal.lock'), JSON.stringify(identifyProcess(process.ppid)));
    const controller = new AbortController();
    const waiting = withStartLock(home, controller.signal, () => Promise.resolve('in'));
    setTimeout(() => controller.abort(new Error('enough')), 250);
    await expect(waiting).rejects.toThrow('enough');
  });
});
