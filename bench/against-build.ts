import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { inTurns } from './in-turns.js';
import { benchRow, median } from './bench-row.js';
import type { BenchOptions, BenchRow } from './bench-row.js';

/** The root of this checkout, seen from `dist-bench/bench/`. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Runs of each build. They alternate, so that what else the machine does slows both alike. */
const ROUNDS = 3;
/** What is taken for noise: medians of three runs of one build may differ by so much. Chosen, not measured. */
const NOISE = 0.05;

/** What is read of another build's rows; its own baselines and targets are not compared. */
const measuredRows = z.array(z.object({ id: z.string(), what: z.string(), value: z.number(), unit: z.string() }));

/** What is measured on two builds. */
export interface AgainstBuild {
  readonly name: string;
  /** A checkout of the other build in which `npm ci`, `npm run build` and `npx tsc -p tsconfig.bench.json` were run. */
  readonly folder: string;
}

/**
 * A benchmark of this build beside the same one of another build: each row's baseline is what the other build measured for the row of the
 * same name. Rows that only one build has are left out, and a notice names them.
 *
 * @throws Error when the other checkout is not built, or a run fails
 */
export async function benchAgainstBuild({ name, folder }: AgainstBuild, options: BenchOptions): Promise<BenchRow[]> {
  const { quick, onNotice, signal } = options;
  if (!existsSync(program(folder))) {
    throw new Error(
      `${program(folder)} is not there: run "npm ci", "npm run build" and "npx tsc -p tsconfig.bench.json" in ${folder}`,
    );
  }
  const measure = async (root: string): Promise<BenchRow[]> => {
    onNotice(`measuring ${root === ROOT ? 'this build' : folder}`);
    const args = [program(root), name, '--json', ...(options.only === undefined ? [] : ['--only', options.only])];
    const run = promisify(execFile)(process.execPath, quick ? [...args, '--quick'] : args, { cwd: root, signal });
    const { stdout } = await run;
    // A Temporal server that a benchmark starts greets on the same stream, before the rows.
    return measuredRows.parse(JSON.parse(stdout.slice(stdout.lastIndexOf('\n[\n') + 1)));
  };
  const runs = { value: [] as BenchRow[][], baseline: [] as BenchRow[][] };
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    const { value, baseline } = await inTurns(
      round,
      () => measure(ROOT),
      () => measure(folder),
    );
    runs.value.push(value);
    runs.baseline.push(baseline);
  }
  return compareRuns(runs.value, runs.baseline, onNotice);
}

/** Medians of the values of each row, those of the other build as the baseline. */
export function compareRuns(
  values: readonly BenchRow[][],
  baselines: readonly BenchRow[][],
  onNotice: (line: string) => void,
): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const { id, what, unit } of values[0] ?? []) {
    const isSame = (row: BenchRow): boolean => row.what === what && row.unit === unit;
    const of = (runs: readonly BenchRow[][]): number[] =>
      runs.flatMap((run) => run.filter(isSame).map((row) => row.value));
    if (of(baselines).length === 0) {
      onNotice(`only this build measures: ${what}`);
      continue;
    }
    const row = { id, what, unit, value: median(of(values)), baseline: median(of(baselines)) };
    rows.push(benchRow(row, boundOf(unit)));
  }
  return rows;
}

/** Times may not grow, rates may not fall; of other units nothing is known. */
function boundOf(unit: string): Parameters<typeof benchRow>[1] {
  if (/^(?:ms|s)$/u.test(unit)) return { of: 'ratio', atMost: 1 + NOISE };
  return unit.endsWith('/s') ? { of: 'ratio', atLeast: 1 - NOISE } : undefined;
}

function program(root: string): string {
  return join(root, 'dist-bench', 'bench', 'main.js');
}
