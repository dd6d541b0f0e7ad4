import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAgainstBuild } from './against-build.js';
import { formatRows } from './bench-row.js';
import type { BenchOptions, BenchRow } from './bench-row.js';
import { benchInference, INFERENCE_GROUPS } from './inference/index.js';
import { benchPanels, PANEL_GROUPS } from './panels/index.js';
import { benchRetrieval, RETRIEVAL_GROUPS } from './retrieval/index.js';
import { unknownGroup } from './run-groups.js';
import { benchSessions, SESSION_GROUPS } from './sessions/index.js';

interface Benchmark {
  readonly run: (options: BenchOptions) => Promise<BenchRow[]>;
  readonly groups: readonly string[];
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  inference: { run: benchInference, groups: INFERENCE_GROUPS },
  panels: { run: benchPanels, groups: PANEL_GROUPS },
  retrieval: { run: benchRetrieval, groups: RETRIEVAL_GROUPS },
  sessions: { run: benchSessions, groups: SESSION_GROUPS },
};

const HELP = `Usage: npm run bench -- NAME [--json] [--quick] [--only GROUP] [--against FOLDER]

Measures on this machine. Each figure stands beside its baseline, measured in the same run.

  NAME     ${Object.keys(BENCHMARKS).join(', ')}
  --json   an array of { id, what, value, unit, baseline, ratio, target, holds }
  --only   one group:
${Object.entries(BENCHMARKS)
  .map(([name, { groups }]) => `             ${name.padEnd(9)}  ${groups.join(', ')}`)
  .join('\n')}
  --quick  fewer repetitions, to check that the benchmark runs
  --against FOLDER
           a checkout of another build in which you have run "npm ci", "npm run build" and
           "npx tsc -p tsconfig.bench.json". The builds measure in turns; the figures of the other
           build are the baselines. An older build may not know the names of groups: leave out --only

Examples:
  $ npm run bench -- inference
  $ npm run bench -- sessions --only overhead --against ../older
  $ npm run --silent bench -- inference --json > inference.json`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    against: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [name = ''] = positionals;
const bench = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
if (values.help || bench === undefined) {
  (values.help ? process.stdout : process.stderr).write(`${HELP}\n`);
  process.exit(values.help ? 0 : 2);
}
const refusal = unknownGroup(name, bench.groups, values.only);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const benchOptions: BenchOptions = {
  quick: values.quick,
  only: values.only,
  onNotice: (line) => void process.stderr.write(`${line}\n`),
  signal: stop.signal,
};
const rows =
  values.against === undefined
    ? await bench.run(benchOptions)
    : await benchAgainstBuild({ name, folder: resolve(values.against) }, benchOptions);
process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : `${formatRows(rows).join('\n')}\n`);
// Engines that a stopped measurement left behind must not hold the process.
process.exit(stop.signal.aborted ? 130 : 0);
