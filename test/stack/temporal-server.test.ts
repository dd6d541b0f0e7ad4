import { Client, Connection } from '@temporalio/client';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { probeTemporal } from '../../src/workers/stack/probe-temporal.js';
import { identifyProcess, isAlive } from '../../src/run-folder/process-identity.js';
import { DEV_SERVER_SETTINGS } from '../../src/workers/stack/dev-server-settings.js';
import { startTemporalServer, type TemporalServer } from '../../src/workers/stack/temporal-server.js';
import { compileSources, program } from './compiled.js';
import { kill, run, untilGone } from './running.js';

const cliPath = process.env['COLLOQUY_TEST_TEMPORAL_CLI'] ?? '';
const hasCli = existsSync(cliPath);
if (!hasCli) {
  process.stdout.write('SKIPPED temporal-server.test.ts: COLLOQUY_TEST_TEMPORAL_CLI does not name a Temporal CLI\n');
}

const sources = hasCli ? compileSources() : '';
let home: string;
let port: number;
let uiPort: number;
const notices: string[] = [];
const opened: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'colloquy-temporal-'));
  [port, uiPort] = await Promise.all([freePort(), freePort()]);
  notices.length = 0;
});
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
  const record = readRecord();
  // Left behind by a failed test.
  if (record !== undefined && isAlive(record.server)) process.kill(record.server.pid, 'SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

const recordSchema = z.object({ server: z.object({ pid: z.int(), startTime: z.string().optional() }) });
function readRecord(): z.infer<typeof recordSchema> | undefined {
  const path = join(home, 'run', 'temporal.json');
  return existsSync(path) ? recordSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function occupy(server: Server, at: number): Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  opened.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
}

const baseOptions = () => ({
  cliPath,
  home,
  ip: '127.0.0.1',
  port,
  uiPort,
  logFile: join(home, 'logs', 'temporal.log'),
  namespace: 'default',
});

async function start(changes: Partial<Parameters<typeof startTemporalServer>[0]> = {}): Promise<TemporalServer> {
  const server = await startTemporalServer({
    ...baseOptions(),
    signal: new AbortController().signal,
    onNotice: (notice) => notices.push(notice),
    ...changes,
  });
  opened.push(() => server.stop());
  return server;
}

async function withClient<T>(action: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  try {
    return await action(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const startWorkflow = (workflowId: string): Promise<unknown> =>
  withClient((client) => client.workflow.start('nobodyRunsThis', { taskQueue: 'none', workflowId }));

const workflowIsThere = (workflowId: string): Promise<unknown> =>
  withClient((client) => client.workflow.getHandle(workflowId).describe());

const startedLine = z.object({ origin: z.string(), address: z.string(), uiUrl: z.string(), pid: z.int() });

/** A stack in another process. */
async function startElsewhere() {
  const running = run(program('temporal-starter.mjs'), sources, JSON.stringify(baseOptions()));
  const server = startedLine.parse(await running.nextLine());
  return { running, server, identity: identifyProcess(server.pid) };
}

/** Stops a process, and waits until it stands still: on a busy machine one of its threads must first be given the time to stop all of them. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  if (process.platform !== 'linux') {
    await sleep(500);
    return;
  }
  const state = (task: string) => readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ').at(-1)?.charAt(0);
  await vi.waitFor(() => expect(new Set(readdirSync(`/proc/${pid}/task`).map(state))).toEqual(new Set(['T'])), 5_000);
}

describe.skipIf(!hasCli)('startTemporalServer', { timeout: 60_000 }, () => {
  test.runIf(process.platform === 'linux')('its server serves users in turn', async () => {
    const { pid } = await start();
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const settings = args.filter((_, index) => args[index - 1] === '--dynamic-config-value');
    expect(settings).toEqual(DEV_SERVER_SETTINGS);
    expect(settings).toContain('matching.enableFairness=true');
  });

  test('starts a server that serves at once, with its UI, and stops it', async () => {
    const since = performance.now();
    const server = await start();
    process.stdout.write(`server serves after ${(performance.now() - since).toFixed(0)} ms\n`);
    await startWorkflow('at-once');
    expect(server).toMatchObject({
      origin: 'started',
      address: `127.0.0.1:${port}`,
      uiUrl: `http://127.0.0.1:${uiPort}`,
    });
    expect(await probeTemporal(server.address)).toBe('temporal');
    const page = await fetch(server.uiUrl ?? '');
    expect(await page.text()).toContain('<html');
    const identity = identifyProcess(server.pid ?? 0);
    const stopSince = performance.now();
    await server.stop();
    process.stdout.write(`server stopped after ${(performance.now() - stopSince).toFixed(0)} ms\n`);
    expect(isAlive(identity)).toBe(false);
    expect(readRecord()).toBeUndefined();
    expect(await server.exited).toBeUndefined();
    expect(notices).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')(
    'a Ctrl-C in the terminal is not for the server: it has its own session',
    async () => {
      const { pid } = await start();
      // Fields 5 and 6: process group and session. source: man 5 proc_pid_stat
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
      expect(fields?.slice(2, 4)).toEqual([`${pid}`, `${pid}`]);
    },
  );

  test.skipIf(process.platform === 'win32')(
    'nobody else can read its database or log, in a folder of before either',
    async () => {
      chmodSync(home, 0o755);
      for (const folder of ['temporal', 'logs']) mkdirSync(join(home, folder), { mode: 0o755 });
      await start();
      for (const folder of ['temporal', 'logs', 'run']) expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
      // The data folder itself may hold what its owner shares.
      expect(statSync(home).mode & 0o777).toBe(0o755);
      const database = join(home, 'temporal', 'temporal.db');
      expect(existsSync(database)).toBe(true);
      if (process.getuid?.() !== 0) return;
      expect(() => execFileSync('cat', [database], { uid: 65_534, gid: 65_534, stdio: 'ignore' })).toThrow(/failed/u);
    },
  );

  test('a namespace of another name is there too', async () => {
    await start({ namespace: 'panel' });
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    opened.push(() => connection.close());
    const { workflow } = new Client({ connection, namespace: 'panel' });
    expect(await workflow.start('nobodyRunsThis', { taskQueue: 'none', workflowId: 'x' })).toMatchObject({
      workflowId: 'x',
    });
  });

  test('a server that is killed is started again at its address, with its database', async () => {
    const server = await start();
    await startWorkflow('survivor');
    const first = server.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(notices).toHaveLength(2), 15_000);
    expect(notices[0]).toMatch(/ended by SIGKILL. Starting it again/);
    expect(notices[1]).toContain('is back');
    expect(server.pid).not.toBe(first);
    expect(server.address).toBe(`127.0.0.1:${port}`);
    await workflowIsThere('survivor');
    await server.stop();
    expect(await probeTemporal(server.address)).toBe('nothing');
  });

  test('the database outlives the server', async () => {
    const server = await start();
    await startWorkflow('kept');
    await server.stop();
    await start();
    expect(await workflowIsThere('kept')).toMatchObject({ workflowId: 'kept' });
  });

  test.each([
    ['an HTTP server', () => createHttpServer((_, response) => response.end('hello'))],
    ['a silent server', () => createServer()],
  ])('a port taken by %s is refused with the way out', async (_, create) => {
    await occupy(create(), port);
    const since = performance.now();
    await expect(start()).rejects.toMatchObject({
      kind: 'port-taken',
      message: expect.stringMatching(
        /not a Temporal server listens at 127.0.0.1:\d+.*--temporal-port or COLLOQUY_TEMPORAL_PORT/,
      ),
    });
    expect(performance.now() - since).toBeLessThan(4_000);
    expect(readRecord()).toBeUndefined();
  });

  test('a port taken for all addresses, where connecting is not possible, is told by the server itself', async () => {
    // Bound but not listening cannot be had in Node: a listener on another address of the same port stands for it.
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.2', resolve));
    opened.push(() => new Promise((resolve) => server.close(resolve)));
    await expect(start({ ip: '0.0.0.0' })).rejects.toMatchObject({ kind: 'port-taken' });
  });

  test('when the UI port is taken the next free one is used and told', async () => {
    await occupy(createServer(), uiPort);
    const server = await start();
    const found = Number(new URL(server.uiUrl ?? '').port);
    expect(found).toBeGreaterThan(uiPort);
    expect(notices).toEqual([`Port ${uiPort} is taken: the Temporal UI is on port ${found}.`]);
    expect((await fetch(server.uiUrl ?? '')).ok).toBe(true);
  });

  test('a damaged database file is an error that shows the log and says what to do', async () => {
    mkdirSync(join(home, 'temporal'));
    writeFileSync(join(home, 'temporal', 'temporal.db'), 'this is not a database, whatever its name '.repeat(200));
    await expect(start()).rejects.toMatchObject({
      kind: 'server-failed',
      message: expect.stringMatching(
        /exit code 1\. Its database file is damaged[^]*temporal\.log, and ends:[^]*file is not a database/,
      ),
    });
    expect(readRecord()).toBeUndefined();
  });

  test('a data folder that cannot be written is an error', async () => {
    writeFileSync(join(home, 'temporal'), 'a file where a folder should be');
    await expect(start()).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  test.each([
    ['is missing', () => join(home, 'no-such-temporal')],
    ['is not a program', () => makeFile('not-executable', 0o644)],
  ])('a CLI that %s is an error that names the variable', async (_, path) => {
    await expect(start({ cliPath: path() })).rejects.toMatchObject({
      kind: 'cli-unusable',
      message: expect.stringContaining('TEMPORAL_CLI_PATH'),
    });
  });

  test('a CLI that ends with an error is an error that shows it', async () => {
    const cli = makeFile('fake-temporal', 0o755, '#!/bin/sh\necho "no such flag: --whatever" >&2\nexit 3\n');
    await expect(start({ cliPath: cli })).rejects.toMatchObject({
      kind: 'server-failed',
      message: expect.stringMatching(/ended at its start, with exit code 3[^]*no such flag: --whatever/),
    });
  });

  test('the start can be given up', async () => {
    const cli = makeFile('slow-temporal', 0o755, '#!/bin/sh\nexec sleep 60\n');
    const controller = new AbortController();
    const starting = start({ cliPath: cli, signal: controller.signal });
    await vi.waitFor(() => expect(readRecord()).toBeDefined(), 5_000);
    const server = readRecord()?.server ?? identifyProcess(0);
    controller.abort(new Error('changed my mind'));
    await expect(starting).rejects.toThrow('changed my mind');
    expect(isAlive(server)).toBe(false);
    expect(readRecord()).toBeUndefined();
  });
});

function makeFile(name: string, mode: number, text = 'text'): string {
  const path = join(home, name);
  writeFileSync(path, text, { mode });
  return path;
}

describe.skipIf(!hasCli)('two stacks on one data folder', { timeout: 60_000 }, () => {
  test('a server whose starter was killed is adopted: used, and stopped at the end', async () => {
    const { running, server, identity } = await startElsewhere();
    await startWorkflow('before');
    await kill(running.child);
    expect(isAlive(identity)).toBe(true);

    const adopted = await start();
    expect(adopted).toMatchObject({ origin: 'adopted', pid: server.pid, uiUrl: server.uiUrl });
    await workflowIsThere('before');
    await adopted.stop();
    expect(isAlive(identity)).toBe(false);
    expect(readRecord()).toBeUndefined();
  });

  test('an adopted server that dies is started again', async () => {
    const { running, server } = await startElsewhere();
    await kill(running.child);
    const adopted = await start();
    process.kill(server.pid, 'SIGKILL');
    await vi.waitFor(() => expect(notices.at(-1)).toContain('is back'), 15_000);
    expect(adopted.origin).toBe('started');
    expect(await probeTemporal(adopted.address)).toBe('temporal');
  });

  test('an adopted server that does not answer is ended, and another one started', async () => {
    const { running, server, identity } = await startElsewhere();
    await kill(running.child);
    await freeze(server.pid);
    const since = performance.now();
    const replaced = await start();
    process.stdout.write(`stopped server replaced after ${(performance.now() - since).toFixed(0)} ms\n`);
    expect(replaced.origin).toBe('started');
    expect(isAlive(identity)).toBe(false);
    expect(notices[0]).toContain('does not answer: ending it');
  });

  test('the server of a running stack is shared, wherever it was asked for, and not stopped', async () => {
    const { server, identity } = await startElsewhere();
    const otherPort = await freePort();
    const shared = await start({ port: otherPort });
    expect(shared).toMatchObject({ origin: 'shared', pid: server.pid, address: server.address });
    expect(notices).toEqual([`The Temporal server of ${home} already runs at ${server.address}: using it there.`]);
    await shared.stop();
    expect(isAlive(identity)).toBe(true);
  });

  test('when the stack that started a shared server stops it, the other one starts it again, at the same address', async () => {
    const { running, server } = await startElsewhere();
    await startWorkflow('shared');
    const shared = await start({ port: await freePort() });
    await kill(running.child, 'SIGTERM');
    await vi.waitFor(() => expect(notices.at(-1)).toContain('is back'), 20_000);
    expect(shared).toMatchObject({ origin: 'started', address: server.address, uiUrl: server.uiUrl });
    await workflowIsThere('shared');
  });

  test('a shared server whose starter is killed meanwhile is stopped by the one that is left', async () => {
    const { running, identity } = await startElsewhere();
    const shared = await start();
    await kill(running.child);
    await shared.stop();
    expect(isAlive(identity)).toBe(false);
  });

  test('started at the same moment they have one server', async () => {
    const stacks = await Promise.all([startElsewhere(), startElsewhere(), startElsewhere()]);
    expect(new Set(stacks.map(({ server }) => server.pid)).size).toBe(1);
    expect(stacks.map(({ server }) => server.origin).toSorted()).toEqual(['shared', 'shared', 'started']);
  });

  test('a Temporal server of another data folder is never joined unasked: it is named, with the ways out', async () => {
    const { server, identity } = await startElsewhere();
    const otherHome = mkdtempSync(join(tmpdir(), 'colloquy-temporal-'));
    opened.push(async () => rmSync(otherHome, { recursive: true }));
    const starting = start({ home: otherHome, logFile: join(otherHome, 'temporal.log') });
    await expect(starting).rejects.toMatchObject({
      kind: 'port-taken',
      message: expect.stringContaining(`Another Temporal server runs at ${server.address}`),
    });
    await expect(starting).rejects.toThrow(`--temporal ${server.address}`);
    // Only Linux tells who listens.
    const named = process.platform === 'linux' ? `process ${server.pid}, of the data folder ${home})` : '';
    await expect(starting).rejects.toThrow(named);
    expect(existsSync(join(otherHome, 'temporal', 'temporal.db'))).toBe(false);
    expect(isAlive(identity)).toBe(true);
  });

  test('a starter that ends without stopping the server still ends it', async () => {
    const { running, identity } = await startElsewhere();
    // The program listens to SIGTERM only; an uncaught error is what this stands for.
    running.child.kill('SIGUSR2');
    expect(await untilGone(identity, 10_000)).toBeLessThan(10_000);
  });
});
