import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../run-folder/process-identity.js';

const POLL_MS = 250;
/** A server that is asked to end needs 2 seconds or so to put its database in order. */
const STOP_TIMEOUT_MS = 10_000;

/** A running Temporal server, whoever started it. */
export interface TemporalProcess {
  readonly identity: ProcessIdentity;
  /** How it ended, to complete "it ended". It does not keep this process from ending: who waits for nothing else waits by `ended`. */
  readonly exited: Promise<string>;
}

/** Longer than any wait. In milliseconds. */
const FOREVER_MS = 2 ** 31 - 1;

/** Waits for a server's end. Without it, a process that has nothing else to do would end in the middle of the wait. */
export async function ended({ exited }: TemporalProcess): Promise<string> {
  const hold = setInterval(() => undefined, FOREVER_MS);
  try {
    return await exited;
  } finally {
    clearInterval(hold);
  }
}

/**
 * Starts the server with its output going to `logFd`. It has a session of its own: neither a Ctrl-C in the terminal nor this
 * process's death ends it. It does not keep this process from ending.
 *
 * @throws Error when the file is not there or cannot be run.
 */
export async function spawnTemporal(cliPath: string, args: readonly string[], logFd: number): Promise<TemporalProcess> {
  const child = spawn(cliPath, args, { detached: true, stdio: ['ignore', logFd, logFd], windowsHide: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `with exit code ${code}` : `by ${signal}`));
  });
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${cliPath} has no process id`);
  return { identity: identifyProcess(pid), exited };
}

/** A server that another process started. Its end is noticed by looking, within a quarter of a second. */
export function watchTemporal(identity: ProcessIdentity): TemporalProcess {
  const exited = (async () => {
    while (isAlive(identity)) await sleep(POLL_MS, undefined, { ref: false });
    return 'for a reason unknown';
  })();
  return { identity, exited };
}

/** Asks the server to end, and kills it when it has not after `timeoutMs`. */
export async function endTemporal(server: TemporalProcess, timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
  const { identity } = server;
  signalTemporal(identity, 'SIGTERM');
  const limit = setTimeout(() => signalTemporal(identity, 'SIGKILL'), timeoutMs);
  await ended(server);
  clearTimeout(limit);
}

/** Does nothing when that process is gone, also if another one has its pid now. */
export function signalTemporal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended in between.
  }
}
