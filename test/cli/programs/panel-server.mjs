// "colloquy panel serve" with a panel that merely asks everybody. Its worker runs in this process.
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Command } from 'commander';
import { createRemoteExpertActivities } from '../../../dist/activities/remote-expert.js';
import { addPanelServeCommand } from '../../../dist/cli/commands/panel-serve.js';
import { readStackState } from '../../../dist/workers/stack/stack-state.js';

const taskQueue = `fan-out-${process.pid}`;
let worker;
let running = Promise.resolve();

async function runAndClose(connection) {
  try {
    await worker.run();
  } finally {
    await connection.close();
  }
}

async function openRunner({ home, config }, { client }) {
  const { temporalAddress, namespace } = readStackState(home);
  const connection = await NativeConnection.connect({ address: temporalAddress });
  worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./fan-out-workflow.ts', import.meta.url)),
    activities: createRemoteExpertActivities({ token: config.expertToken }),
  });
  running = runAndClose(connection);
  return ({ task, experts }, { idempotencyKey: key = crypto.randomUUID() }) =>
    client.temporal.workflow.execute('fanOutWorkflow', {
      workflowId: `panel/${key}`,
      taskQueue,
      args: [{ task, experts, key }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
}

const program = new Command('colloquy').option('--temporal <address>').option('--namespace <name>').option('--verbose');
addPanelServeCommand(program.command('panel'), async () => openRunner);
try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
if (worker?.getState() === 'RUNNING') worker.shutdown();
await running;
