import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * A process, told apart from later ones that get the same pid. `startTime` is opaque: compare it, nothing else; it is missing
 * where the system does not tell it (only Linux does), and then the pid alone counts.
 */
export const processIdentitySchema = z.object({ pid: z.int().positive(), startTime: z.string().optional() });
export type ProcessIdentity = Readonly<z.infer<typeof processIdentitySchema>>;

/** The process that has this pid now; when there is none, an identity that `isAlive` denies. */
export function identifyProcess(pid: number): ProcessIdentity {
  return process.platform === 'linux' ? { pid, startTime: linuxStartTime(pid) ?? 'never' } : { pid };
}

/** Whether this very process still runs. One that has ended but was not reaped by its parent does not. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  if (startTime !== undefined && process.platform === 'linux') return linuxStartTime(pid) === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user: it is there, and not ours to signal.
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

/** Ticks count from the boot: after another one the same pid may have the same. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
