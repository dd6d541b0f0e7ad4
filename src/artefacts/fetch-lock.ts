import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { errorCode } from './source-error.js';

/** How often the holder touches the lock. */
const HEARTBEAT_MS = 2_000;
/** A lock that is not touched for this long, by the waiter's own clock, is free to take. */
const STALE_AFTER_MS = 20_000;
const POLL_MS = 200;

/** Contents of a lock file. */
const holderSchema = z.object({
  token: z.string(),
  pid: z.number().int(),
  host: z.string(),
  /** Distinguishes a process from a later one with the same pid, as in a restarted container. */
  processStartedAt: z.number(),
});

type Holder = z.infer<typeof holderSchema>;

export interface FetchLock extends AsyncDisposable {
  /** Unique for each time the lock is taken. */
  readonly token: string;
  /** Whether another process held the lock when it was requested. */
  readonly waited: boolean;
}

/**
 * Takes the lock, and waits for its holder if there is one. Detects and replaces a holder that died from a crash or SIGKILL: at once on the
 * same machine, otherwise (shared folders, containers) after STALE_AFTER_MS.
 *
 * @throws the signal's reason if it aborts during the wait.
 */
export async function takeFetchLock(
  path: string,
  options: { readonly signal: AbortSignal; readonly onWait: (pid: number | undefined) => void },
): Promise<FetchLock> {
  await mkdir(dirname(path), { recursive: true });
  const watch = new HolderWatch();
  let waited = false;
  for (;;) {
    options.signal.throwIfAborted();
    const lock = await tryFetchLock(path, waited);
    if (lock) return lock;
    const holder = await readHolder(path);
    if (await watch.isDead(path, holder)) {
      await removeDeadLock(path, holder);
      continue;
    }
    if (!waited) options.onWait(holder?.pid);
    waited = true;
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}

/** Takes the lock if it is free; otherwise returns undefined. */
export async function tryFetchLock(path: string, waited = false): Promise<FetchLock | undefined> {
  const token = randomUUID();
  const holder: Holder = { token, pid: process.pid, host: hostname(), processStartedAt: processStartedAt() };
  try {
    await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    // The file was created but not filled (no space left), so it does not identify its holder.
    if (errorCode(error) === 'ENOSPC') await rm(path, { force: true });
    throw error;
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS).unref();
  return {
    token,
    waited,
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat);
      if ((await readHolder(path))?.token === token) await rm(path, { force: true });
    },
  };
}

function processStartedAt(): number {
  return Math.round(Date.now() - process.uptime() * 1000);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Decides whether the holder of a lock is dead, by checking repeatedly. */
class HolderWatch {
  private lastTouch = '';
  private seenAt = 0;

  async isDead(path: string, holder: Holder | undefined): Promise<boolean> {
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) return false;
    const touch = `${holder?.token} ${status.mtimeMs}`;
    // Uses this process's own monotonic clock: the other machine's clock may be wrong, and both processes stop while the machine sleeps.
    const now = performance.now();
    if (touch !== this.lastTouch) [this.lastTouch, this.seenAt] = [touch, now];
    if (now - this.seenAt > STALE_AFTER_MS) return true;
    if (holder === undefined || holder.host !== hostname()) return false;
    if (holder.pid === process.pid) return Math.abs(holder.processStartedAt - processStartedAt()) > 2_000;
    return !isAlive(holder.pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return errorCode(error) === 'EPERM';
  }
}

/**
 * Removes a dead holder's lock. Two waiters may find the holder dead at the same time, and the slower one must not remove the lock that the
 * faster one has taken since. So they take turns, and each checks again when it has the turn.
 */
async function removeDeadLock(path: string, dead: Holder | undefined): Promise<void> {
  const turn = `${path}.takeover`;
  try {
    await (await open(turn, 'wx')).close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    // A turn takes a few milliseconds, unless the process with the turn died.
    const status = await stat(turn).catch(() => undefined);
    if (status && Date.now() - status.mtimeMs > STALE_AFTER_MS) await rm(turn, { force: true });
    await sleep(POLL_MS);
    return;
  }
  try {
    if ((await readHolder(path))?.token === dead?.token) await rm(path, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}
