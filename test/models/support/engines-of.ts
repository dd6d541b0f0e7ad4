import { execFileSync } from 'node:child_process';

/** Ids of the engine processes that `parent` started, the first started first. */
export function enginesOf(parent: number | undefined): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const [pid, ppid, ...args] = line.trim().split(/\s+/);
    return ppid === String(parent) && args.join(' ').includes('engine-process.js') ? [Number(pid)] : [];
  });
}
