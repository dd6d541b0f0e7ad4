import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/**
 * CPU cores that this process may really use: the minimum of its affinity and of every cgroup quota above it. At least 1. With more compute
 * threads than this, llama.cpp's barriers spin against each other (DESIGN.md: 150 times slower).
 */
export function availableCores(): number {
  return coresFrom({
    parallelism: availableParallelism(),
    readFile: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  });
}

export interface CoreSources {
  /** Cores in the scheduler's affinity mask: `os.availableParallelism()`, which ignores quotas. */
  readonly parallelism: number;
  /** Returns a file's text; undefined if it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
}

/** `availableCores` as a pure function of file contents. */
export function coresFrom({ parallelism, readFile }: CoreSources): number {
  const quotas = cgroupFolders(readFile).flatMap(({ folder, version }) => {
    const quota =
      version === 2
        ? quotaOfV2(readFile(`${folder}/cpu.max`))
        : quotaOfV1(readFile(`${folder}/cpu.cfs_quota_us`), readFile(`${folder}/cpu.cfs_period_us`));
    return quota === undefined ? [] : [quota];
  });
  // Rounded down, because a thread beyond the quota is throttled for the rest of each period, and all others wait for it.
  return Math.max(1, Math.floor(Math.min(parallelism, ...quotas)));
}

interface CgroupFolder {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The folders whose quotas apply to this process: its own cgroup and each ancestor, in both hierarchies. */
function cgroupFolders(readFile: CoreSources['readFile']): CgroupFolder[] {
  const lines = (readFile('/proc/self/cgroup') ?? '').split('\n');
  return lines.flatMap((line) => {
    // source: cgroups(7): `hierarchy-ID:controller-list:cgroup-path`; v2 has id 0 and no controllers.
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) return [];
    const [, id, controllers = '', path = '/'] = match;
    if (id === '0' && controllers === '') {
      return ancestors(path).flatMap((folder): CgroupFolder[] => [
        { folder: join('/sys/fs/cgroup', folder), version: 2 },
        // On systems that mount v1 and v2 side by side.
        { folder: join('/sys/fs/cgroup/unified', folder), version: 2 },
      ]);
    }
    if (!controllers.split(',').includes('cpu')) return [];
    // Inside a container the path is the host's while the mount shows the container's own root, so the list of ancestors ends there.
    return ancestors(path).flatMap((folder): CgroupFolder[] => [
      { folder: join('/sys/fs/cgroup/cpu', folder), version: 1 },
      { folder: join('/sys/fs/cgroup/cpu,cpuacct', folder), version: 1 },
    ]);
  });
}

function ancestors(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path ? [path] : [path, ...ancestors(parent)];
}

function join(root: string, folder: string): string {
  return folder === '/' ? root : root + folder;
}

/** source: kernel, cgroup-v2.rst: `cpu.max` is `$MAX $PERIOD` in microseconds; `max` means no limit. */
function quotaOfV2(text: string | undefined): number | undefined {
  const match = /^(\d+)\s+(\d+)/.exec(text ?? '');
  return match === null ? undefined : ratio(match[1], match[2]);
}

/** source: kernel, sched-bwc.rst: a quota of -1 means no limit. */
function quotaOfV1(quota: string | undefined, period: string | undefined): number | undefined {
  return quota === undefined || !/^\d+\s*$/.test(quota) ? undefined : ratio(quota, period);
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : undefined;
}
