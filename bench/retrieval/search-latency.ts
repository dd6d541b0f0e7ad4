import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { runWorkers, stopWorkers } from '../../src/workers/worker-process.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { bareSearchWorkflow } from './bare-activity.js';
import type { BareSearchActivities } from './bare-activity.js';
import { makeClusteredChunks } from './clustered-chunks.js';
import { readEvaluationSet } from './evaluation-set.js';
import { startRetrievalStack } from './retrieval-stack.js';
import type { RetrievalStack } from './retrieval-stack.js';

const CHUNKS = 2_000;
const CHUNKS_OF_A_DOCUMENT = 100;
const WORKFLOW_QUEUE = 'bench/bare';
/** A worker of its own, as the one that searches is. */
const ACTIVITY_QUEUE = 'bench/bare-activity';

/** How long the client waits for a search, against a workflow with one activity that does nothing. */
export async function benchSearchLatency(options: BenchOptions): Promise<BenchRow[]> {
  const { quick, onNotice, signal } = options;
  const { questions } = await readEvaluationSet();
  const stack = await startRetrievalStack(options);
  try {
    onNotice(`loading ${CHUNKS} chunks`);
    await load(stack);
    const bare = await startBareWorker(stack.env);
    try {
      onNotice('searching beside the bare workflow');
      const times = { search: [] as number[], bare: [] as number[], parts: [] as number[] };
      const rounds = quick ? 20 : 120;
      for (let round = -5; round < rounds && !signal.aborted; round++) {
        const { question: query = 'nothing' } = questions[(round + 5) % questions.length] ?? {};
        // In turn: what else the machine does then slows both alike.
        const search = await timed(() => stack.knowledge.search({ query, knowledgeBases: ['bench'] }));
        const nothing = await timed(() => bare.ask(query));
        const embedding = await timed(() => stack.model.embed([`${query}?`], { purpose: 'query', signal }));
        // The first ones open connections and compile.
        if (round < 0) continue;
        times.search.push(search);
        times.bare.push(nothing);
        times.parts.push(embedding);
      }
      if (signal.aborted) return [];
      return [
        benchRow(
          {
            id: '-',
            what: `search of ${CHUNKS} chunks by the client, against a workflow with one activity, median`,
            value: median(times.search),
            unit: 'ms',
            baseline: median(times.bare),
          },
          { of: 'ratio', atMost: 1.3 },
        ),
        benchRow({
          id: '-',
          what: 'of it: the query becomes a vector, median',
          value: median(times.parts),
          unit: 'ms',
        }),
      ];
    } finally {
      await bare.stop();
    }
  } finally {
    await stack.close();
  }
}

async function load({ store, model }: RetrievalStack): Promise<void> {
  const made = makeClusteredChunks({ dimensions: model.dimensions, clusters: 2 });
  const { modelId: embeddingModelId, dimensions } = model;
  await store.createKnowledgeBase({ name: 'bench', embeddingModelId, dimensions });
  for (let number = 0; number < CHUNKS / CHUNKS_OF_A_DOCUMENT; number++) {
    const uri = `bench:${number}`;
    const document = { uri, contentHash: '1', title: uri, mediaType: 'text/plain', metadata: {} };
    await store.beginDocument('bench', document);
    await store.stageChunks('bench', document, made.document(number, CHUNKS_OF_A_DOCUMENT));
    await store.publishDocument('bench', document, CHUNKS_OF_A_DOCUMENT);
  }
}

interface BareWorker {
  ask(text: string): Promise<string>;
  stop(): Promise<void>;
}

async function startBareWorker(env: TestWorkflowEnvironment): Promise<BareWorker> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./bare-activity.js', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const activities: BareSearchActivities = { find: (text) => Promise.resolve(`found: ${text.slice(0, 20)}`) };
  const connection = await NativeConnection.connect({ address: env.address });
  const workers = [
    await Worker.create({ connection, taskQueue: WORKFLOW_QUEUE, workflowBundle }),
    await Worker.create({ connection, taskQueue: ACTIVITY_QUEUE, activities }),
  ];
  const running = runWorkers(workers);
  return {
    ask: (text) =>
      env.client.workflow.execute(bareSearchWorkflow, {
        workflowId: `bare/${randomUUID()}`,
        taskQueue: WORKFLOW_QUEUE,
        args: [ACTIVITY_QUEUE, text],
      }),
    async stop() {
      stopWorkers(workers);
      await running;
      await connection.close();
    },
  };
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await action();
  return performance.now() - since;
}
