import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { identifyProcess, isAlive } from '../../src/run-folder/process-identity.js';
import { superviseProcess, type Backoff, type ProcessEvent } from '../../src/workers/stack/supervised-process.js';
import { compileSources, program } from './compiled.js';
import { kill, run, untilGone } from './running.js';

const sources = compileSources();
const folder = mkdtempSync(join(tmpdir(), 'colloquy-supervised-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

let logCount = 0;
function supervise(behaviour: string, backoff: Partial<Backoff> = {}, detail = '') {
  const events: ProcessEvent[] = [];
  const logFile = join(folder, 'logs', `${++logCount}.log`);
  const supervised = superviseProcess({
    name: 'test worker',
    command: process.execPath,
    args: [program('child.mjs'), sources, behaviour, detail],
    logFile,
    onEvent: (event) => events.push(event),
    backoff: { firstMs: 100, ...backoff },
  });
  cleanUps.push(() => supervised.stop());
  return { supervised, events, logFile, types: () => events.map((event) => event.type) };
}

describe('a supervised process', () => {
  test('is ready, works, is stopped gracefully, and its output is in the log', async () => {
    const { supervised, types, logFile } = supervise('works');
    expect(await supervised.ready).toEqual({ answer: 42 });
    const pid = supervised.pid ?? 0;
    expect(isAlive(identifyProcess(pid))).toBe(true);
    await supervised.stop();
    expect(types()).toEqual(['started', 'ready', 'ended']);
    expect(readFileSync(logFile, 'utf8')).toBe('stopping\n');
    expect(isAlive(identifyProcess(pid))).toBe(false);
  });

  test('is started again when it is killed', async () => {
    const { supervised, events } = supervise('works');
    await supervised.ready;
    const first = supervised.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(events.filter(({ type }) => type === 'ready')).toHaveLength(2), 5_000);
    expect(events.at(2)).toEqual({ type: 'ended', reason: 'by SIGKILL', restartMs: 100 });
    expect(supervised.pid).not.toBe(first);
  });

  test('that dies again and again after being ready is waited for ever longer, and never given up', async () => {
    const { events, supervised } = supervise('dies-once-ready', { firstMs: 50, maxMs: 200, maxStartFailures: 2 }, '0');
    await supervised.ready;
    const waits = (): unknown[] => events.flatMap((event) => (event.type === 'ended' ? [event.restartMs] : []));
    await vi.waitFor(() => expect(waits().length).toBeGreaterThanOrEqual(5), 10_000);
    expect(waits().slice(0, 5)).toEqual([50, 100, 200, 200, 200]);
  });

  test('that was healthy for long is started again soon', async () => {
    const { events, supervised } = supervise('dies-once-ready', { firstMs: 50, healthyMs: 150 }, '250');
    await supervised.ready;
    const waits = (): unknown[] => events.flatMap((event) => (event.type === 'ended' ? [event.restartMs] : []));
    await vi.waitFor(() => expect(waits().length).toBeGreaterThanOrEqual(3), 10_000);
    expect(waits().slice(0, 3)).toEqual([50, 50, 50]);
  });

  test('that never becomes ready is given up, with the end of its log', async () => {
    const { supervised, events, logFile } = supervise('crashes', { maxStartFailures: 3, firstMs: 20 });
    await expect(supervised.ready).rejects.toThrow(
      `The test worker ended 3 times in a row before it was ready, at last with exit code 7. Its log is ${logFile}, and ends:\n  cannot find the thing`,
    );
    expect(events.filter(({ type }) => type === 'started')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { kind: 'process-failed' } });
  });

  test('that says why it cannot run is believed at once', async () => {
    const { supervised, events } = supervise('fatal');
    await expect(supervised.ready).rejects.toThrow(/^Model "x" is not there\.$/);
    expect(events.filter(({ type }) => type === 'started')).toHaveLength(1);
  });

  test('that hangs at its start is killed and counted as dead', async () => {
    const { supervised } = supervise('hangs', { readyTimeoutMs: 300, maxStartFailures: 2, firstMs: 20 });
    await expect(supervised.ready).rejects.toThrow(/2 times in a row .* by us, not being ready after 0.3 s/);
  });

  test('that cannot be started at all is an error, not a crash', async () => {
    const supervised = superviseProcess({
      name: 'ghost',
      command: '/no/such/program',
      args: [],
      backoff: { firstMs: 10 },
    });
    await expect(supervised.ready).rejects.toThrow(/ghost .*before it began: spawn \/no\/such\/program ENOENT/);
  });

  test('that ignores the request to stop is killed after the limit', async () => {
    const { supervised, events } = supervise('stubborn', { stopTimeoutMs: 300 });
    await supervised.ready;
    await supervised.stop();
    expect(events.at(-1)).toEqual({ type: 'ended', reason: 'by SIGKILL' });
  });

  test('takes along what it started itself, when it dies', async () => {
    const { supervised } = supervise('with-grandchild');
    const grandchild = identifyProcess(Number((await supervised.ready)['grandchild']));
    expect(isAlive(grandchild)).toBe(true);
    process.kill(supervised.pid ?? 0, 'SIGKILL');
    expect(await untilGone(grandchild, 2_000)).toBeLessThan(2_000);
  });

  test('stopped during the wait before a restart stays stopped, at once', async () => {
    const { supervised, events } = supervise('dies-once-ready', { firstMs: 60_000 }, '0');
    await vi.waitFor(() => expect(events.at(-1)?.type).toBe('ended'), 5_000);
    const since = performance.now();
    await supervised.stop();
    expect(performance.now() - since).toBeLessThan(1_000);
  });
});

const readyEvent = z.object({ type: z.literal('ready'), pid: z.int() });

async function startSupervisor(behaviour: string) {
  const supervisor = run(program('supervisor.mjs'), sources, program('child.mjs'), behaviour);
  await supervisor.nextLine();
  const child = identifyProcess(readyEvent.parse(await supervisor.nextLine()).pid);
  expect(isAlive(child)).toBe(true);
  // What a failed test would leave behind.
  cleanUps.push(async () => {
    if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
  });
  return { supervisor, child };
}

describe('the end of the supervisor', () => {
  test('by SIGKILL ends the child within 2 seconds', async () => {
    const { supervisor, child } = await startSupervisor('works');
    const since = performance.now();
    await kill(supervisor.child);
    await untilGone(child, 5_000);
    const ms = performance.now() - since;
    process.stdout.write(`orphan gone after ${ms.toFixed(0)} ms\n`);
    expect(ms).toBeLessThan(2_000);
  });

  test('by an exit without a shutdown ends the child too, even one that does not look after its parent', async () => {
    const { supervisor, child } = await startSupervisor('ignores-parent');
    await kill(supervisor.child, 'SIGUSR1');
    expect(await untilGone(child, 2_000)).toBeLessThan(2_000);
  });

  test.skipIf(!existsSync('/proc/self/stat'))(
    'by Ctrl-C is no signal for the child: it has its own session',
    async () => {
      const { supervisor, child } = await startSupervisor('works');
      // Fields 5 and 6: process group and session. source: man 5 proc_pid_stat
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
      expect(fields?.slice(2, 4)).toEqual([`${child.pid}`, `${child.pid}`]);
      await kill(supervisor.child);
    },
  );
});
