import { linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePrivateFolder } from '../../private-folder.js';
import { identifyProcess, isAlive, processIdentitySchema } from '../../run-folder/process-identity.js';
import { readRunFile, runFilePath } from '../../run-folder/run-file.js';
import { StackError } from './stack-error.js';

const RETRY_MS = 100;
const TIMEOUT_MS = 60_000;
/** A lock file is empty while its holder writes it, or if the holder died while doing so. */
const EMPTY_LOCK_GRACE_MS = 5_000;

/**
 * Runs `action` while no other process of this data folder does. Breaks the lock of a process that was killed.
 * `name` identifies the lock and its file.
 *
 * @throws {StackError} `start-locked` if the lock is not free within a minute; the signal's reason if it aborts.
 */
export async function withStartLock<T>(
  home: string,
  signal: AbortSignal,
  action: () => Promise<T>,
  name: 'temporal' | 'database' = 'temporal',
): Promise<T> {
  const path = runFilePath(home, `${name}.lock`);
  makePrivateFolder(dirname(path));
  const giveUpAt = Date.now() + TIMEOUT_MS;
  while (!takeLock(path)) {
    if (Date.now() > giveUpAt) {
      const holder = readRunFile(path, processIdentitySchema);
      throw new StackError(
        'start-locked',
        `Process ${holder?.pid ?? '?'} has held ${path} for a minute. Wait for it or end it, then try again.`,
      );
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}

function takeLock(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(identifyProcess(process.pid)), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    if (isStale(path)) breakLock(path);
    return false;
  }
}

function isStale(path: string): boolean {
  const holder = readRunFile(path, processIdentitySchema);
  if (holder !== undefined) return !isAlive(holder);
  const writtenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return writtenAt !== undefined && Date.now() - writtenAt > EMPTY_LOCK_GRACE_MS;
}

/** Renames the lock first: if two processes broke it at the same time, the second would otherwise remove the first one's new lock. */
function breakLock(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (!isStale(aside)) linkSync(aside, path);
  } catch {
    // Another process was faster; the next attempt reads the new lock.
  }
  rmSync(aside, { force: true });
}
