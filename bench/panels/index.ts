import type { BenchOptions, BenchRow } from '../bench-row.js';
import { runGroups } from '../run-groups.js';
import type { BenchGroups } from '../run-groups.js';
import { benchThroughput } from './throughput.js';
import { benchTogether } from './together.js';

const GROUPS: BenchGroups = {
  'parallel-experts': benchTogether,
  throughput: benchThroughput,
};

/** The names that `--only` takes. */
export const PANEL_GROUPS: readonly string[] = Object.keys(GROUPS);

/** What panels cost beside what they are made of, and what it saves that experts work at the same time. */
export function benchPanels(options: BenchOptions): Promise<BenchRow[]> {
  return runGroups(GROUPS, options);
}
