import type { BenchOptions, BenchRow } from './bench-row.js';

/** Parts of a benchmark by what `--only` calls them, in order. */
export type BenchGroups = Readonly<Record<string, (options: BenchOptions) => Promise<BenchRow[]>>>;

/** All groups, or the one that is asked for. */
export async function runGroups(groups: BenchGroups, options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [id, bench] of Object.entries(groups)) {
    if (options.signal.aborted) break;
    if (options.only !== undefined && options.only !== id) continue;
    rows.push(...(await bench(options)));
  }
  return rows;
}
