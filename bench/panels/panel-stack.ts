import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { runWorkers, stopWorkers } from '../../src/workers/worker-process.js';
import type { SessionStack } from '../../test/support/session-stack.js';
import type { BenchOptions } from '../bench-row.js';
import { startBenchServer } from '../bench-server.js';
import type { BareActivities, bareFanOutWorkflow } from './bare-fan-out.js';

const BARE_QUEUE = 'bench/fan-out';
/** Its activities are on a worker of their own, as models are, and as many of them run at once. */
const BARE_ACTIVITY_QUEUE = 'bench/fan-out-activity';

/** Panels, and the bare fan-out beside them, on a server that holds all in memory; all workers are in this process. */
export interface PanelStack extends Pick<SessionStack, 'client' | 'startModelWorker'> {
  /** Runs a bare fan-out to its end. */
  runBare(id: string, children: number): Promise<string>;
  close(): Promise<void>;
}

export async function startPanelStack(
  options: BenchOptions,
  { activitiesAtOnce }: { readonly activitiesAtOnce: number },
): Promise<PanelStack> {
  const { env, sessions } = await startBenchServer(options);
  const stopBare = await startBareWorkers(env, activitiesAtOnce);
  return {
    client: sessions.client,
    startModelWorker: (model) => sessions.startModelWorker(model),
    runBare: (id, children) =>
      env.client.workflow.execute<typeof bareFanOutWorkflow>('bareFanOutWorkflow', {
        workflowId: id,
        taskQueue: BARE_QUEUE,
        args: [{ taskQueue: BARE_ACTIVITY_QUEUE, id, children }],
      }),
    async close() {
      await stopBare();
      await sessions.close();
      await env.teardown();
    },
  };
}

async function startBareWorkers(
  env: TestWorkflowEnvironment,
  maxConcurrentActivityTaskExecutions: number,
): Promise<() => Promise<void>> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./bare-fan-out.js', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const activities: BareActivities = { answer: async (text) => `Yes: ${text.slice(0, 20)}` };
  const connection = await NativeConnection.connect({ address: env.address });
  const workers = [
    await Worker.create({ connection, taskQueue: BARE_QUEUE, workflowBundle }),
    await Worker.create({
      connection,
      taskQueue: BARE_ACTIVITY_QUEUE,
      activities,
      maxConcurrentActivityTaskExecutions,
    }),
  ];
  const running = runWorkers(workers);
  return async () => {
    stopWorkers(workers);
    await running;
    await connection.close();
  };
}
