import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { runWorkers, stopWorkers } from '../../src/workers/worker-process.js';
import type { SessionStack } from '../../test/support/session-stack.js';
import type { BenchOptions } from '../bench-row.js';
import { startBenchServer } from '../bench-server.js';
import { scriptedReply } from '../stack/scripted-reply.js';
import { askUpdate, bareWorkflow } from './bare-workflow.js';
import type { BareActivities } from './bare-workflow.js';

export const MODEL_ID = 'scripted';
const BARE_QUEUE = 'bench/bare';
/** Its activity is on a worker of its own, as models are: on the workflow's own worker it would start without the server's asking. */
const BARE_ACTIVITY_QUEUE = 'bench/bare-activity';

/** Sessions, and the bare workflow beside them, on a server that holds all in memory; all workers are in this process. */
export interface InProcessStack {
  readonly sessions: SessionStack;
  /** Starts a bare workflow. */
  startBare(id: string): Promise<(text: string) => Promise<string>>;
  close(): Promise<void>;
}

export async function startInProcessStack(
  benchOptions: BenchOptions,
  options: { readonly contextTokens?: number } = {},
): Promise<InProcessStack> {
  const { env, sessions } = await startBenchServer(benchOptions);
  await sessions.startModelWorker(createScriptedModel(scriptedReply, { modelId: MODEL_ID, ...options }));
  const stopBare = await startBareWorker(env);
  return {
    sessions,
    async startBare(id) {
      const handle: WorkflowHandle = await env.client.workflow.start(bareWorkflow, {
        workflowId: `bare/${id}`,
        taskQueue: BARE_QUEUE,
        args: [BARE_ACTIVITY_QUEUE],
      });
      return (text) => handle.executeUpdate(askUpdate, { args: [text] });
    },
    async close() {
      await stopBare();
      await sessions.close();
      await env.teardown();
    },
  };
}

async function startBareWorker(env: TestWorkflowEnvironment): Promise<() => Promise<void>> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./bare-workflow.js', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const activities: BareActivities = { answer: async (text) => `Yes: ${text.slice(0, 20)}` };
  const connection = await NativeConnection.connect({ address: env.address });
  const workers = [
    await Worker.create({ connection, taskQueue: BARE_QUEUE, workflowBundle }),
    await Worker.create({ connection, taskQueue: BARE_ACTIVITY_QUEUE, activities }),
  ];
  const running = runWorkers(workers);
  return async () => {
    stopWorkers(workers);
    await running;
    await connection.close();
  };
}

export interface HistorySize {
  readonly runId: string;
  readonly events: number;
  readonly bytes: number;
}

/** Of a session's newest run, once what follows an answer is in it too. */
export async function historySize({ client }: Pick<SessionStack, 'client'>, sessionId: string): Promise<HistorySize> {
  const handle = client.temporal.workflow.getHandle(sessionWorkflowId(sessionId));
  const look = async (): Promise<HistorySize> => {
    const { runId, historyLength, raw } = await handle.describe();
    return { runId, events: historyLength, bytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0) };
  };
  let before = await look();
  for (;;) {
    await sleep(40);
    const now = await look();
    if (now.events === before.events && now.runId === before.runId) return now;
    before = now;
  }
}
