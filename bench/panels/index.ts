import type { BenchOptions, BenchRow } from '../bench-row.js';
import { benchThroughput } from './throughput.js';
import { benchTogether } from './together.js';

const GROUPS: Readonly<Record<string, (options: BenchOptions) => Promise<BenchRow[]>>> = {
  '7.3': benchTogether,
  '7.5': benchThroughput,
};

/** What panels cost beside what they are made of, and what it saves that experts work at the same time. */
export async function benchPanels(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [id, bench] of Object.entries(GROUPS)) {
    if (options.signal.aborted) break;
    if (options.only !== undefined && options.only !== id) continue;
    rows.push(...(await bench(options)));
  }
  return rows;
}
