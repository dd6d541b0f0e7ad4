import type { BenchOptions, BenchRow } from './bench-row.js';

/** Groups of a benchmark by the names that `--only` takes, in the order in which they run. */
export type BenchGroups<Options extends BenchOptions = BenchOptions> = Readonly<
  Record<string, (options: Options) => Promise<BenchRow[]>>
>;

/** Runs all groups, or the one that `options.only` names. */
export async function runGroups<Options extends BenchOptions>(
  groups: BenchGroups<Options>,
  options: Options,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, bench] of Object.entries(groups)) {
    if (options.signal.aborted) break;
    if (options.only !== undefined && options.only !== name) continue;
    rows.push(...(await bench(options)));
  }
  return rows;
}

/** Why `--only` cannot be obeyed, with the names that it takes; `undefined` when it can. */
export function unknownGroup(
  benchmark: string,
  names: readonly string[],
  only: string | undefined,
): string | undefined {
  if (only === undefined || names.includes(only)) return undefined;
  return `"${benchmark}" has no group "${only}". Its groups: ${names.join(', ')}.`;
}
