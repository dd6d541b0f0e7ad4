import { parseArgs } from 'node:util';
import { formatRows } from '../bench-row.js';
import { SCRIPTED_MODEL } from '../stack/process-stack.js';
import { chaosRows, isWhole } from './rows.js';
import { createBounds } from './bounds.js';
import { longestRunMs, runChaos } from './run-chaos.js';

const HELP = `Usage: npm run chaos -- [--minutes N] [--seed S] [--sessions K] [--scripted] [--keep] [--json]

Users chat with a stack of several processes that are killed by SIGKILL at random moments: the Temporal server (its database file is
kept), Redis, the sessions worker, model workers and their engines, the archive. Then it is counted what was lost. Ends with 1 when
something was.

  --minutes N   how long kills go on (default: 1)
  --seed S      of the schedule of kills and of what users say (default: 1)
  --sessions K  how many chat at the same time (default: 3)
  --scripted    a model that follows a script, instead of a real one
  --keep        leave logs and histories, and say where
  --model NAME  another real model
  --json        an array of { id, what, value, unit, baseline, ratio, target, holds }

Example:
  $ npm run chaos -- --minutes 10 --seed 7`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '3' },
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    scripted: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const sessions = Number(values.sessions);
const isWrong = !(minutes > 0) || !Number.isInteger(seed) || !Number.isInteger(sessions) || sessions < 1;
if (values.help || isWrong) {
  (isWrong ? process.stderr : process.stdout).write(`${HELP}\n`);
  process.exit(isWrong ? 2 : 0);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  const modelId = values.scripted ? SCRIPTED_MODEL : values.model;
  const bounds = createBounds(tell);
  // Each step has a limit of its own; this one is for what has none.
  setTimeout(() => {
    tell(
      `The run did not end within ${Math.round(longestRunMs({ minutes, sessions }) / 1_000)} s; under way: ${bounds.current}`,
    );
    process.exit(1);
  }, longestRunMs({ minutes, sessions })).unref();
  const result = await runChaos(
    { minutes, seed, sessions, modelId, keep: values.keep, signal: stop.signal, onNotice: tell },
    bounds,
  );
  const rows = chaosRows(result, minutes);
  process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : `${formatRows(rows).join('\n')}\n`);
  for (const line of [...result.hung, ...result.verdict.details, ...new Set(result.verdict.clientErrors)].slice(0, 50))
    tell(line);
  process.exit(isWhole(result) ? 0 : 1);
} catch (error) {
  if (!stop.signal.aborted) throw error;
  tell('Stopped.');
  process.exit(130);
}
