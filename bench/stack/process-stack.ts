import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { temporalCli } from '../../src/artefacts/catalogue.js';
import { fetchArtefact } from '../fetch-artefact.js';
import { resolveHome } from '../../src/artefacts/home.js';
import { createColloquyClient } from '../../src/client/colloquy-client.js';
import type { ColloquyClient } from '../../src/client/colloquy-client.js';
import { openTokenStream } from '../../src/streaming/open-token-stream.js';
import type { TokenStreamClient } from '../../src/streaming/socket-client.js';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { streamSocketPath } from '../../src/local-socket.js';
import { TokenLog } from '../../src/streaming/token-log.js';
import { Shutdown } from '../../src/workers/stack/shutdown.js';
import { superviseProcess } from '../../src/workers/stack/supervised-process.js';
import { startTemporalServer } from '../../src/workers/stack/temporal-server.js';
import { findRedis, freePort, NO_REDIS } from '../../test/support/redis-server.js';
import { startRedisPart } from './redis-part.js';
import type { ScriptedWorkerSettings } from './scripted-worker.js';

/** The root of the repository, seen from `dist-bench/bench/stack/`. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = join(ROOT, 'bin', 'colloquy.js');
const NAMESPACE = 'default';

export const SCRIPTED_MODEL = 'scripted';

export type PartKind =
  'model worker' | 'engine' | 'sessions worker' | 'temporal server' | 'redis' | 'archive worker' | 'database';

/** A process of the stack that is started again when it dies. */
export interface StackPart {
  readonly kind: PartKind;
  readonly name: string;
  readonly pid: () => number | undefined;
  /** By SIGKILL. @returns false when it does not run just now */
  kill(): Promise<boolean>;
}

export interface ProcessStackOptions {
  /** Id of a real model, or `SCRIPTED_MODEL`. */
  readonly modelId: string;
  /** Of the scripted model, or the limit of the real one. Default: 4,096. */
  readonly contextTokens?: number;
  /** Default: 2. */
  readonly modelWorkers?: number;
  readonly withRedis?: boolean;
  /** How long a worker that died stays away. Default: 500. */
  readonly restartMs?: number;
  /** Leave the data folder, with the logs, where it is. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
  readonly onNotice: (line: string) => void;
}

/** A deployment as processes on this machine, in a data folder of its own: all of it goes at `close`. */
export interface ProcessStack {
  readonly home: string;
  readonly client: ColloquyClient;
  readonly stream: TokenStreamClient;
  readonly parts: readonly StackPart[];
  /** JSON lines of the model workers, all there are. */
  modelLog(): Record<string, unknown>[];
  close(): Promise<void>;
}

export async function startProcessStack(options: ProcessStackOptions): Promise<ProcessStack> {
  const { signal, onNotice, keep = false } = options;
  const shutdown = new Shutdown({ onNotice });
  const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  if (keep) onNotice(`logs: ${join(home, 'logs')}`);
  else shutdown.add('the data folder', () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  try {
    return await open({ ...options, home, shutdown });
  } catch (error) {
    await shutdown.run();
    throw error;
  } finally {
    signal.throwIfAborted();
  }
}

async function open(
  options: ProcessStackOptions & { readonly home: string; readonly shutdown: Shutdown },
): Promise<ProcessStack> {
  const {
    modelId,
    contextTokens = 4_096,
    modelWorkers = 2,
    withRedis = true,
    restartMs = 500,
    signal,
    onNotice,
    home,
    shutdown,
  } = options;
  const shared = resolveHome(process.env);
  symlinkSync(join(shared, 'artefacts'), join(home, 'artefacts'));
  const parts: StackPart[] = [];

  const server = await startTemporalServer({
    cliPath: await fetchArtefact(temporalCli, { onNotice, signal }),
    home,
    ip: '127.0.0.1',
    port: await freePort(),
    uiPort: await freePort(),
    logFile: join(home, 'logs', 'temporal.log'),
    namespace: NAMESPACE,
    signal: shutdown.signal,
    onNotice: () => undefined,
  });
  shutdown.add('the Temporal server', () => server.stop());
  parts.push(part('temporal server', 'temporal server', () => server.pid));

  let redisUrl: string | undefined;
  const socketPath = streamSocketPath(home);
  if (withRedis && findRedis() !== undefined) {
    const redis = await startRedisPart();
    shutdown.add('Redis', () => redis.stop());
    redisUrl = redis.url;
    parts.push({
      kind: 'redis',
      name: 'redis',
      pid: () => undefined,
      async kill() {
        if (!redis.isRunning()) return false;
        await redis.kill();
        return true;
      },
    });
  } else {
    if (withRedis) onNotice(`${NO_REDIS}. Live text goes over the socket instead.`);
    const hub = await serveTokenStream(new TokenLog(), socketPath);
    shutdown.add('the token stream', () => hub.close());
  }

  const ready: Promise<unknown>[] = [];
  const supervise = (kind: PartKind, name: string, command: readonly string[], env: Record<string, string> = {}) => {
    const supervised = superviseProcess({
      name,
      command: process.execPath,
      args: command,
      logFile: join(home, 'logs', `${name.replaceAll(' ', '-')}.log`),
      env: {
        COLLOQUY_HOME: home,
        COLLOQUY_CONTEXT_TOKENS: `${contextTokens}`,
        ...(redisUrl !== undefined && { COLLOQUY_REDIS_URL: redisUrl }),
        ...env,
      },
      // It dies more often here than anywhere else: that alone should not make it wait longer and longer.
      backoff: { firstMs: restartMs, healthyMs: 3_000, maxMs: Math.max(4_000, restartMs) },
    });
    shutdown.add(`the ${name}`, () => supervised.stop());
    ready.push(supervised.ready);
    parts.push(part(kind, name, () => supervised.pid));
    return supervised;
  };
  const onServer = ['--temporal', server.address, '--namespace', NAMESPACE, 'worker'];
  supervise('database', 'database', [PROGRAM, 'database']);
  supervise('archive worker', 'archive worker', [PROGRAM, ...onServer, 'archive']);
  supervise('sessions worker', 'sessions worker', [PROGRAM, ...onServer, 'sessions']);
  for (let number = 1; number <= modelWorkers; number++) {
    const name = `worker-${number}`;
    if (modelId === SCRIPTED_MODEL) {
      const settings: ScriptedWorkerSettings = {
        name,
        modelId,
        contextTokens,
        address: server.address,
        namespace: NAMESPACE,
        redisUrl,
        home,
      };
      const program = fileURLToPath(new URL('./scripted-worker.js', import.meta.url));
      supervise('model worker', name, [program], { SCRIPTED_WORKER: JSON.stringify(settings) });
    } else {
      const command = [PROGRAM, ...onServer, 'model', '--model', modelId, '--name', name];
      const worker = supervise('model worker', name, command);
      parts.push(part('engine', `engine of ${name}`, () => engineOf(worker.pid)));
    }
  }
  await Promise.all(ready);

  const stream = await openTokenStream({ redisUrl, namespace: NAMESPACE, socketPath, onNotice: () => undefined });
  shutdown.add('the token stream of the client', () => stream.close());
  const client = createColloquyClient({
    connection: await Connection.connect({ address: server.address }),
    address: server.address,
    namespace: NAMESPACE,
    stream,
  });
  // A call that the SDK is about to repeat would throw out of a timer, were its connection closed: stopped runs have such calls.
  shutdown.add('the client', () => (signal.aborted ? undefined : client.close()));
  return {
    home,
    client,
    stream,
    parts,
    modelLog: () => readLogs(join(home, 'logs')),
    close: async () => void (await shutdown.run()),
  };
}

function part(kind: PartKind, name: string, pid: () => number | undefined): StackPart {
  return { kind, name, pid, kill: async () => killPid(pid()) };
}

function killPid(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** The child process of a model worker in which its engine runs; only Linux tells. */
function engineOf(worker: number | undefined): number | undefined {
  if (worker === undefined || process.platform !== 'linux') return undefined;
  try {
    const children = readFileSync(`/proc/${worker}/task/${worker}/children`, 'utf8').trim().split(' ');
    return children
      .map(Number)
      .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('engine-process'));
  } catch {
    return undefined;
  }
}

/** A line that a killed process left unfinished is no JSON, and is left out. */
function readLogs(folder: string): Record<string, unknown>[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith('worker-'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .flatMap((line) => {
      try {
        const record: unknown = JSON.parse(line);
        return typeof record === 'object' && record !== null ? [{ ...record }] : [];
      } catch {
        return [];
      }
    });
}
