import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { makePrivateFolder } from '../../private-folder.js';
import { DEV_SERVER_SETTINGS } from './dev-server-settings.js';
import type { LogFile } from './log-file.js';
import { findPortOwner } from './port-owner.js';
import { describeNamespace, probeTemporal, registerNamespace } from './probe-temporal.js';
import { identifyProcess, isAlive, processIdentitySchema } from '../../run-folder/process-identity.js';
import { readRunFile, removeRunFile, runFilePath, writeRunFile } from '../../run-folder/run-file.js';
import { StackError } from './stack-error.js';
import { withStartLock } from './start-lock.js';
import { acceptsConnections, firstFreePort, formatAddress, parseAddress } from './tcp-port.js';
import { ended, endTemporal, spawnTemporal, watchTemporal, type TemporalProcess } from './temporal-process.js';

const SERVING_TIMEOUT_MS = 60_000;
/** A server that was already running either answers at once or is broken. */
const FOUND_SERVING_TIMEOUT_MS = 10_000;
/** A server that does not answer will hardly react to a polite request. */
const HUNG_STOP_TIMEOUT_MS = 2_000;
const POLL_MS = 50;
/** Relative to the data folder. */
const DATABASE_FILE = join('temporal', 'temporal.db');

export interface TemporalStartOptions {
  readonly cliPath: string;
  readonly home: string;
  readonly ip: string;
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  readonly log: LogFile;
  readonly signal: AbortSignal;
  readonly onNotice: (message: string) => void;
}

/**
 * A server that serves the namespace. `started`: by us; `adopted`: left behind by a process that died, and now ours; `shared`: run by
 * another process of this data folder. We stop a server of the first two kinds.
 */
export interface FoundTemporal {
  readonly origin: 'started' | 'adopted' | 'shared';
  readonly address: string;
  readonly uiUrl: string;
  readonly process: TemporalProcess;
}

/** Contents of `run/temporal.json`, which lets later processes find the server, and shows whether a process is in charge of it. */
const serverRecordSchema = z.object({
  server: processIdentitySchema,
  address: z.string(),
  uiUrl: z.string(),
  startedBy: processIdentitySchema,
});
type ServerRecord = Readonly<z.infer<typeof serverRecordSchema>>;

/**
 * Finds the server to use, or starts it. Prefers the server of this data folder, at whatever address it listens: two servers on one
 * database file would both start and then damage each other's work. A server of somebody else is only used if it is named.
 *
 * @throws {StackError} if there is no server and none can be started, or if another Temporal server has the port.
 */
export function findOrStartTemporal(options: TemporalStartOptions): Promise<FoundTemporal> {
  return withStartLock(options.home, options.signal, async () => {
    const running = await findOwnServer(options);
    if (running !== undefined) return running;
    const address = clientAddress(options);
    const found = await probeTemporal(address);
    options.signal.throwIfAborted();
    if (found === 'temporal') throw serverOfOthers(address);
    if (found === 'something-else') throw portTaken(address);
    return startServer(address, options);
  });
}

/** Removes `run/temporal.json` if it names this server. */
export function removeServerRecord(home: string, { identity }: TemporalProcess): void {
  const path = recordPath(home);
  if (readRunFile(path, serverRecordSchema)?.server.pid === identity.pid) removeRunFile(path);
}

/** Whether this server of ours has outlived the process that was responsible for stopping it. */
export function isAbandoned(home: string, { identity }: TemporalProcess): boolean {
  const record = readRunFile(recordPath(home), serverRecordSchema);
  return record !== undefined && record.server.pid === identity.pid && !isAlive(record.startedBy);
}

async function findOwnServer(options: TemporalStartOptions): Promise<FoundTemporal | undefined> {
  const record = readRunFile(recordPath(options.home), serverRecordSchema);
  if (record === undefined || !isAlive(record.server)) return undefined;
  const { address, uiUrl } = record;
  const { pid } = record.server;
  const origin = isAlive(record.startedBy) ? 'shared' : 'adopted';
  const server = watchTemporal(record.server);
  const serves = await servesWithin(FOUND_SERVING_TIMEOUT_MS, address, server, options);
  options.signal.throwIfAborted();
  if (!serves) {
    if (origin === 'shared') {
      throw new StackError(
        'server-failed',
        `The Temporal server of ${options.home} (process ${pid}, ${address}), which process ${record.startedBy.pid} ` +
          'started, does not answer. End that process, then try again.',
      );
    }
    options.onNotice(`A Temporal server left behind (process ${pid}, ${address}) does not answer: ending it.`);
    await endTemporal(server, HUNG_STOP_TIMEOUT_MS);
    return undefined;
  }
  if (address !== clientAddress(options)) {
    options.onNotice(`The Temporal server of ${options.home} already runs at ${address}: using it there.`);
  }
  if (origin === 'adopted') writeRecord(options.home, { ...record, startedBy: identifyProcess(process.pid) });
  return { origin, address, uiUrl, process: server };
}

/** Using that server would mix the sessions of two data folders, and archive one folder's turns in the other's database. */
function serverOfOthers(address: string): StackError {
  const { port } = parseAddress(address);
  const owner = findPortOwner(port);
  const database = owner?.command[owner.command.indexOf('--db-filename') + 1] ?? '';
  const folder = database.endsWith(DATABASE_FILE) ? database.slice(0, -DATABASE_FILE.length - 1) : undefined;
  const whose = folder === undefined ? '' : `, of the data folder ${folder}`;
  const who = owner === undefined ? '' : ` (process ${owner.pid}${whose})`;
  return new StackError(
    'port-taken',
    `Another Temporal server runs at ${address} already${who}, which does not belong to this data folder. To start a second one, ` +
      `choose other ports: --temporal-port ${port + 10} --ui-port ${port + 11} (or COLLOQUY_TEMPORAL_PORT, COLLOQUY_UI_PORT). ` +
      `To use that server, and share its sessions, name it: --temporal ${address}` +
      (folder === undefined ? '' : `. To use that stack itself: COLLOQUY_HOME=${folder}`),
  );
}

async function startServer(address: string, options: TemporalStartOptions): Promise<FoundTemporal> {
  const { home, ip, port, log, signal } = options;
  const uiPort = await freeUiPort(options);
  const database = join(home, DATABASE_FILE);
  makePrivateFolder(dirname(database));
  log.markRun();
  const listening = ['--ip', ip, '--port', `${port}`, '--ui-port', `${uiPort}`];
  const server = await runCli(options, [
    'server',
    'start-dev',
    '--db-filename',
    database,
    ...listening,
    '--namespace',
    options.namespace,
    '--log-level',
    'error',
    // The server would otherwise fetch news from the internet for its page.
    '--ui-disable-news-fetch',
    ...DEV_SERVER_SETTINGS.flatMap((setting) => ['--dynamic-config-value', setting]),
  ]);
  const uiUrl = `http://${formatAddress(parseAddress(address).host, uiPort)}`;
  // Written before the server is ready, so that the next start finds it even if this process is killed now.
  writeRecord(home, { server: server.identity, address, uiUrl, startedBy: identifyProcess(process.pid) });
  try {
    const serves = await servesWithin(SERVING_TIMEOUT_MS, address, server, options);
    signal.throwIfAborted();
    if (!serves) throw await startFailure(address, server, log);
  } catch (error) {
    await endTemporal(server);
    removeServerRecord(home, server);
    throw error;
  }
  return { origin: 'started', address, uiUrl, process: server };
}

async function runCli({ cliPath, log }: TemporalStartOptions, args: readonly string[]): Promise<TemporalProcess> {
  try {
    return await spawnTemporal(cliPath, args, log.fd);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StackError(
      'cli-unusable',
      `The Temporal CLI cannot be run: ${reason}. Set TEMPORAL_CLI_PATH to a "temporal" that works on this machine.`,
      { cause: error },
    );
  }
}

async function freeUiPort({ ip, uiPort, onNotice }: TemporalStartOptions): Promise<number> {
  const free = await firstFreePort(ip, uiPort);
  if (free === undefined) {
    throw new StackError(
      'port-taken',
      `No port from ${uiPort} up is free for the Temporal UI on ${ip}. Choose another.`,
    );
  }
  if (free !== uiPort) onNotice(`Port ${uiPort} is taken: the Temporal UI is on port ${free}.`);
  return free;
}

/** `false` if the server ended, the time is up, or the signal aborted. */
async function servesWithin(
  timeoutMs: number,
  address: string,
  server: TemporalProcess,
  { namespace, signal }: TemporalStartOptions,
): Promise<boolean> {
  const giveUpAt = Date.now() + timeoutMs;
  const { host, port } = parseAddress(address);
  while (Date.now() < giveUpAt && !signal.aborted && isAlive(server.identity)) {
    if (await acceptsConnections(host, port)) {
      const outcome = await describeNamespace(address, namespace);
      if (outcome === 'ok') return isAlive(server.identity);
      if (outcome === 'not-found') await registerNamespace(address, namespace);
    }
    await sleep(POLL_MS);
  }
  return false;
}

async function startFailure(address: string, server: TemporalProcess, log: LogFile): Promise<StackError> {
  const lines = log.lastLines();
  if (lines.some((line) => line.includes("can't set frontend port") && line.includes('in use')))
    return portTaken(address);
  const what = isAlive(server.identity)
    ? `did not serve ${address} within ${SERVING_TIMEOUT_MS / 1_000} s`
    : `ended at its start, ${await ended(server)}`;
  if (lines.some((line) => /disk is full|no space left/iu.test(line))) {
    return new StackError(
      'server-failed',
      `The Temporal server ${what}: the disk of its database is full. Free some space, or set COLLOQUY_HOME to a folder on another ` +
        `disk. Its log is ${log.path}.`,
    );
  }
  const damaged = lines.some((line) => line.includes('not a database') || line.includes('malformed'));
  const remedy = damaged
    ? ' Its database file is damaged: restore it or move it away, to begin with an empty one.'
    : '';
  const tail = lines.length > 0 ? `, and ends:` : '; it is empty.';
  return new StackError(
    'server-failed',
    [`The Temporal server ${what}.${remedy} Its log is ${log.path}${tail}`, ...lines].join('\n  '),
  );
}

function portTaken(address: string): StackError {
  return new StackError(
    'port-taken',
    `Something that is not a Temporal server listens at ${address}. End it, or choose another port with ` +
      '--temporal-port or COLLOQUY_TEMPORAL_PORT.',
  );
}

/** The address where clients reach a server that listens on `ip`, which may be a wildcard address. */
function clientAddress({ ip, port }: TemporalStartOptions): string {
  if (ip === '0.0.0.0') return formatAddress('127.0.0.1', port);
  return formatAddress(ip === '::' ? '::1' : ip, port);
}

function writeRecord(home: string, record: ServerRecord): void {
  writeRunFile(recordPath(home), record);
}

function recordPath(home: string): string {
  return runFilePath(home, 'temporal.json');
}
