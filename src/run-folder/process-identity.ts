import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * Identifies a process, and distinguishes it from later ones with the same pid. `startTime` is opaque: only compare it. It is missing where
 * the system does not report it (only Linux does); then only the pid counts.
 */
export const processIdentitySchema = z.object({ pid: z.int().positive(), startTime: z.string().optional() });
export type ProcessIdentity = Readonly<z.infer<typeof processIdentitySchema>>;

/** Identifies the process that has this pid now; if there is none, `isAlive` returns false for the result. */
export function identifyProcess(pid: number): ProcessIdentity {
  return process.platform === 'linux' ? { pid, startTime: linuxStartTime(pid) ?? 'never' } : { pid };
}

/** Whether this same process is still running. A process that has ended but was not reaped by its parent does not count. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  if (startTime !== undefined && process.platform === 'linux') return linuxStartTime(pid) === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process belongs to another user: it exists, but we may not signal it.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** `undefined` when no such process runs. */
function linuxStartTime(pid: number): string | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field, the name, may hold spaces and parentheses. source: man 5 proc_pid_stat, fields 3 (state), 22 (starttime).
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return `${bootId()}/${startTicks}`;
}

/** Start times count ticks since boot, so after a reboot another process may have the same pid and start time. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
