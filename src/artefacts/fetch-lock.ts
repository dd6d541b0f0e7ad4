import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { errorCode } from './source-error.js';

/** The holder touches the lock this often. */
const HEARTBEAT_MS = 2_000;
/** A lock that is not touched for this long, by the waiter's own clock, belongs to nobody. */
const STALE_AFTER_MS = 20_000;
const POLL_MS = 200;

/** What a lock file holds. */
const holderSchema = z.object({
  token: z.string(),
  pid: z.number().int(),
  host: z.string(),
  /** Tells a process from a later one with the same pid, as in a container that was started again. */
  processStartedAt: z.number(),
});

type Holder = z.infer<typeof holderSchema>;

export interface FetchLock extends AsyncDisposable {
  /** Unique to this holding of the lock. */
  readonly token: string;
  /** Another process held it when it was asked for. */
  readonly waited: boolean;
}

/**
 * Takes the lock, waiting for its holder if there is one. A holder that died, by crash or SIGKILL, is detected and replaced:
 * at once on the same machine, after STALE_AFTER_MS elsewhere (shared folders, containers).
 *
 * @throws the signal's reason when it aborts while waiting.
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

/** Takes the lock if nobody holds it, else gives undefined. */
export async function tryFetchLock(path: string, waited = false): Promise<FetchLock | undefined> {
  const token = randomUUID();
  const holder: Holder = { token, pid: process.pid, host: hostname(), processStartedAt: processStartedAt() };
  try {
    await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    // Created but not filled (no space left): nobody could tell whose it is.
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

/** Decides, over several looks, whether the holder of a lock is dead. */
class HolderWatch {
  private lastTouch = '';
  private seenAt = 0;

  async isDead(path: string, holder: Holder | undefined): Promise<boolean> {
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) return false;
    const touch = `${holder?.token} ${status.mtimeMs}`;
    // This process's own monotonic clock: the other's may be wrong, and both stand still while the machine sleeps.
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
    // EPERM: it lives and belongs to another user.
    return errorCode(error) === 'EPERM';
  }
}

/**
 * Removes a dead holder's lock. Two waiters may find it dead at once, and the slower one must not remove the lock that the
 * faster one took in the meantime: so they take turns, and look again when it is theirs.
 */
async function removeDeadLock(path: string, dead: Holder | undefined): Promise<void> {
  const turn = `${path}.takeover`;
  try {
    await (await open(turn, 'wx')).close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    // Held for a few milliseconds, unless its process died within them.
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
