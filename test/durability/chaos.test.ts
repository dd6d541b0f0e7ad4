import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { planFaults } from '../../bench/chaos/fault-schedule.js';
import { findRedis, NO_REDIS } from '../support/redis-server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every process of a run inherits it: so those that stay behind are found. */
const mark = `COLLOQUY_CHAOS_MARK=${randomUUID()}`;

function chaos(...args: string[]) {
  const [name = '', value = ''] = mark.split('=');
  const child = spawn(process.execPath, ['dist-bench/bench/chaos/main.js', ...args], {
    cwd: root,
    env: { ...process.env, [name]: value },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output, ended: once(child, 'close') };
}

function processesLeft(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/u.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
    } catch {
      return false;
    }
  });
}

beforeAll(async () => {
  const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json'];
  await promisify(execFile)(process.execPath, compiler, { cwd: root });
});

describe('a stack whose processes are killed at random moments', () => {
  it.skipIf(findRedis() === undefined)(
    `loses nothing, answers nothing twice, and shows what it stores (${findRedis() === undefined ? NO_REDIS : 'with Redis'})`,
    async () => {
      const { child, output, ended } = chaos('--scripted', '--minutes', '1', '--seed', '5', '--json');
      await ended;
      const rows = JSON.parse(output.stdout || '[]') as { what: string; value: number; holds?: boolean }[];
      const values = Object.fromEntries(rows.map(({ what, value }) => [what, value]));
      // One comparison, so that a failure shows all that was told.
      expect({ ...values, told: output.stderr }).toMatchObject({
        'messages lost': 0,
        'messages answered twice': 0,
        'messages out of order': 0,
        'turns failed': 0,
        'streamed text (by offset) that differs from the stored one': 0,
        'text shown by `onText` that differs from the stored one': 0,
        'activities or turns left running': 0,
      });
      expect(values['SIGKILLs in 1 min']).toBeGreaterThanOrEqual(6);
      expect(values['turns answered']).toBeGreaterThanOrEqual(10);
      expect(child.exitCode).toBe(0);
      expect(processesLeft()).toEqual([]);
    },
    300_000,
  );

  it('is stopped by Ctrl-C, and leaves no process behind', async () => {
    const { child, output, ended } = chaos('--scripted', '--minutes', '5');
    await expect.poll(() => output.stderr, { timeout: 60_000 }).toMatch(/sessions talk/u);
    child.kill('SIGINT');
    await ended;
    expect(child.exitCode).toBe(130);
    expect(processesLeft()).toEqual([]);
  });

  it('refuses arguments that make no sense', async () => {
    const { child, ended } = chaos('--minutes', 'soon');
    await ended;
    expect(child.exitCode).toBe(2);
  });
});

describe('the schedule of kills', () => {
  it('follows from its seed', () => {
    const plan = { seed: 3, minutes: 2, parts: 7 };
    expect(planFaults(plan)).toEqual(planFaults(plan));
    expect(planFaults({ ...plan, seed: 4 })).not.toEqual(planFaults(plan));
  });

  it('has six a minute and more, in order of time, and spares no part', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const faults = planFaults({ seed, minutes: 10, parts: 7 });
      const times = faults.map(({ atMs }) => atMs);
      expect(faults.length).toBeGreaterThanOrEqual(60);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(600_000);
      expect(new Set(faults.map(({ part }) => part)).size).toBe(7);
    }
  });
});
