import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../run-folder/process-identity.js';

const POLL_MS = 250;
/** A server that is asked to end needs about 2 seconds to bring its database into order. */
const STOP_TIMEOUT_MS = 10_000;

/** A running Temporal server, regardless of which process started it. */
export interface TemporalProcess {
  readonly identity: ProcessIdentity;
  /** Resolves with how the server ended, to complete "it ended". It does not keep this process alive; if nothing else does, wait with `ended`. */
  readonly exited: Promise<string>;
}

/** In milliseconds; longer than any wait. */
const FOREVER_MS = 2 ** 31 - 1;

/** Waits for a server's end, and keeps this process alive meanwhile. Without it, a process with nothing else to do would exit during the wait. */
export async function ended({ exited }: TemporalProcess): Promise<string> {
  const hold = setInterval(() => undefined, FOREVER_MS);
  try {
    return await exited;
  } finally {
    clearInterval(hold);
  }
}

/**
 * Starts the server with its output redirected to `logFd`. It has its own session, so neither a Ctrl-C in the terminal nor the death of
 * this process ends it. It does not keep this process alive.
 *
 * @throws Error if the file does not exist or cannot be run.
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

/** A server that another process started. Polling notices its end within a quarter of a second. */
export function watchTemporal(identity: ProcessIdentity): TemporalProcess {
  const exited = (async () => {
    while (isAlive(identity)) await sleep(POLL_MS, undefined, { ref: false });
    return 'for a reason unknown';
  })();
  return { identity, exited };
}

/** Asks the server to end, and kills it if it is still running after `timeoutMs`. */
export async function endTemporal(server: TemporalProcess, timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
  const { identity } = server;
  signalTemporal(identity, 'SIGTERM');
  const limit = setTimeout(() => signalTemporal(identity, 'SIGKILL'), timeoutMs);
  await ended(server);
  clearTimeout(limit);
}

/** Does nothing if that process is gone, even if another process has its pid now. */
export function signalTemporal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // The process has ended in the meantime.
  }
}
