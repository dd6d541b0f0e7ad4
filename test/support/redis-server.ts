import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why tests that need Redis are skipped, when none is found. */
export const NO_REDIS = 'no redis-server found on PATH: run scripts/get-redis.sh';

/** The path of the first redis-server on PATH. */
export function findRedis(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'redis-server')).find(isExecutable);
}

/** A real Redis that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** As a crash does; what it held is gone. */
  kill(): Promise<void>;
}

export interface StartRedisOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Serves TLS instead of plain connections. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Further arguments of redis-server. */
  readonly args?: readonly string[];
}

const running = new Set<() => void>();
process.on('exit', () => running.forEach((kill) => kill()));

/** On this machine only, in a temporary folder. Resolves when it takes connections. @throws when it does not start */
export async function startRedis({ port, tls, args = [] }: StartRedisOptions = {}): Promise<RedisServer> {
  const path = findRedis();
  if (path === undefined) throw new Error(NO_REDIS);
  const usedPort = port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-redis-'));
  const listening =
    tls === undefined
      ? ['--port', `${usedPort}`]
      : ['--port', '0', '--tls-port', `${usedPort}`, '--tls-auth-clients', 'no'].concat(
          ['--tls-cert-file', tls.certFile],
          ['--tls-key-file', tls.keyFile],
        );
  const settings = [
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
    '--loglevel',
    'warning',
  ];
  const child = spawn(path, [...listening, ...settings, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const killNow = (): void => void child.kill('SIGKILL');
  running.add(killNow);
  const kill = async (): Promise<void> => {
    running.delete(killNow);
    killNow();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const giveUpAt = performance.now() + 15_000;
  while (!(await accepts(usedPort))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await kill();
      throw new Error(`redis-server did not start on port ${usedPort}: ${output}`);
    }
    await sleep(20);
  }
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}://localhost:${usedPort}`,
    port: usedPort,
    signal: (signal) => void child.kill(signal),
    kill,
  };
}

/** One nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(address)));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
