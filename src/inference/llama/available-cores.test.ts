import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { availableCores, coresFrom } from './available-cores.js';

function cores(parallelism: number, files: Record<string, string>): number {
  return coresFrom({ parallelism, readFile: (path) => files[path] });
}

function coresByV2(parallelism: number, quota: string): number {
  return cores(parallelism, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': quota });
}

describe('available cores', () => {
  it('are what the affinity allows where there are no cgroups', () => {
    expect(cores(8, {})).toBe(8);
  });

  it('follow the quota of cgroup v2', () => {
    const files = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' };
    expect(cores(8, files)).toBe(2);
  });

  it('follow the quota of cgroup v1', () => {
    const files = {
      '/proc/self/cgroup': '3:cpuset:/\n2:cpu,cpuacct:/docker/abc\n0::/\n',
      '/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us': '300000\n',
      '/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us': '100000\n',
    };
    expect(cores(16, files)).toBe(3);
  });

  it('find the quota at the mount when the path is the host’s and not visible inside the container', () => {
    const files = {
      '/proc/self/cgroup': '2:cpu,cpuacct:/docker/abc\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    };
    expect(cores(16, files)).toBe(1);
  });

  it('take the smallest quota of nested groups', () => {
    const files = {
      '/proc/self/cgroup': '0::/kubepods/pod1/container\n',
      '/sys/fs/cgroup/kubepods/pod1/container/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/kubepods/pod1/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/kubepods/cpu.max': '1200000 100000\n',
    };
    expect(cores(32, files)).toBe(4);
  });

  it('round a broken quota down, but never under one core', () => {
    expect(coresByV2(8, '250000 100000')).toBe(2);
    expect(coresByV2(8, '50000 100000')).toBe(1);
  });

  it('ignore no quota and garbage', () => {
    expect(coresByV2(6, 'max 100000')).toBe(6);
    expect(coresByV2(6, 'hello')).toBe(6);
    expect(coresByV2(6, '0 0')).toBe(6);
    expect(
      cores(6, {
        '/proc/self/cgroup': '1:cpu:/\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      }),
    ).toBe(6);
  });

  it('of this machine are between one and what the affinity allows', () => {
    expect(availableCores()).toBeGreaterThanOrEqual(1);
    expect(availableCores()).toBeLessThanOrEqual(availableParallelism());
  });
});
