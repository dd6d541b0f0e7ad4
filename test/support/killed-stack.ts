import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { endProcess } from './end-process.js';
import { createSessionStack, type SessionStack } from './session-stack.js';
import { startTestServer } from './temporal.js';

/** A worker in a process of its own. */
interface WorkerToKill {
  /** Sends SIGKILL, and waits until the process has ended. */
  kill(): Promise<void>;
}

/** Sessions whose model runs in processes that are killed. */
export interface KilledStack extends SessionStack {
  readonly env: TestWorkflowEnvironment;
  /** For files; it goes with the stack. */
  readonly folder: string;
  /**
   * Starts a program of `test/durability/programs`, which is given the server's address, the socket of the token stream, and `args`. It has
   * started once it writes to standard output.
   */
  startWorker(program: string, ...args: readonly string[]): Promise<WorkerToKill>;
}

/** The server and the worker for sessions run in this process. Close the stack after the test file: that ends all workers. */
export async function startKilledStack(): Promise<KilledStack> {
  const env = await startTestServer();
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-killed-'));
  const socketPath = join(folder, 'stream.sock');
  const stack = createSessionStack(env);
  const hub = await serveTokenStream(stack.stream, socketPath);
  const workers = new Set<WorkerToKill>();
  await stack.startSessionsWorker();
  return {
    ...stack,
    env,
    folder,
    async startWorker(program, ...args) {
      const path = fileURLToPath(new URL(`../durability/programs/${program}`, import.meta.url));
      const child = spawn(process.execPath, [path, env.address, socketPath, ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const worker = { kill: () => endProcess(child, 'SIGKILL') };
      workers.add(worker);
      await new Promise<void>((resolve, reject) => {
        child.once('exit', () => reject(new Error('the worker ended before it was ready')));
        child.stdout.once('data', () => resolve());
      });
      return worker;
    },
    async close() {
      await Promise.all([...workers].map((worker) => worker.kill()));
      await stack.close();
      await hub.close();
      await rm(folder, { recursive: true });
      await env.teardown();
    },
  };
}
