import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAgainstBuild } from './against-build.js';
import { formatRows } from './bench-row.js';
import type { BenchOptions, BenchRow } from './bench-row.js';
import { benchInference } from './inference/index.js';
import { benchPanels } from './panels/index.js';
import { benchRetrieval } from './retrieval/index.js';
import { benchSessions } from './sessions/index.js';

const BENCHMARKS: Readonly<Record<string, (options: BenchOptions) => Promise<BenchRow[]>>> = {
  inference: benchInference,
  panels: benchPanels,
  retrieval: benchRetrieval,
  sessions: benchSessions,
};

const HELP = `Usage: npm run bench -- NAME [--json] [--quick] [--only ID] [--against FOLDER]

Measures on this machine, each figure beside what it is compared with, in the same run.

  NAME     ${Object.keys(BENCHMARKS).join(', ')}
  --json   an array of { id, what, value, unit, baseline, ratio, target, holds }
  --only   one group of "panels", "retrieval" or "sessions", such as 5.4
  --quick  fewer repetitions: to see that it runs
  --against FOLDER
           a checkout of another build ("npm ci", "npm run build" and "npx tsc -p tsconfig.bench.json" were
           run there): both builds measure in turns, and its figures are the baselines

Examples:
  $ npm run bench -- inference
  $ npm run bench -- sessions --only 5.6 --against ../older
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
    ? await bench(benchOptions)
    : await benchAgainstBuild({ name, folder: resolve(values.against) }, benchOptions);
process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : `${formatRows(rows).join('\n')}\n`);
// Engines that a stopped measurement left behind must not hold the process.
process.exit(stop.signal.aborted ? 130 : 0);
