// Records the history of a session that went through everything this release can do, for the replay ring:
//   node test/replay/record-history.mjs NAME        writes test/replay/histories/NAME.json (and NAME-continued.json)
// Run it at a release, after "npm run build", and commit the files: later workflow code must still replay them.
import { z } from 'zod';
import { ModelError } from '../../dist/inference/model-error.js';
import { createScriptedModel } from '../../dist/inference/scripted-model.js';
import { TokenLog } from '../../dist/streaming/token-log.js';
import { createModelWorkers } from '../../dist/workers/model-worker.js';
import { calculator } from '../../dist/tools/calculator.js';
import { defineTool } from '../../dist/tools/tool.js';
import { createToolRegistry } from '../../dist/tools/tool-registry.js';
import { RetrievalError } from '../../dist/retrieval/store/retrieval-error.js';
import { createRetrievalWorkers } from '../../dist/workers/retrieval-worker.js';
import { createToolsWorker } from '../../dist/workers/tools-worker.js';
import { createSessionsWorker } from '../../dist/workers/sessions-worker.js';
import { openRecorder } from './recorder.mjs';

const name = process.argv[2];
if (!/^[\w.-]+$/u.test(name ?? '')) {
  console.error('usage: node test/replay/record-history.mjs NAME   e.g. chat-session-0.1.0');
  process.exit(1);
}
const { env, client, connection, namespace, save } = await openRecorder();

const model = createScriptedModel(
  [
    'Hello Ada.',
    { text: 'This is written until', stall: true },
    new ModelError('Model.Damaged', 'The file is cut.'),
    { text: 'The engine', failure: new ModelError('Model.Crashed', 'The engine ended.') },
    'The engine is back.',
    'Answered by signal.',
    ...Array.from({ length: 20 }, (_, i) => `Answer ${i}.`),
  ],
  { modelId: 'scripted' },
);
const decisions = [
  { action: 'call', tool: 'calculator', arguments: { expression: '6*7' } },
  { action: 'call', tool: 'pay', arguments: { to: 'Ada' } },
  { action: 'answer' },
];
const withTools = createScriptedModel(
  ({ jsonSchema }) => (jsonSchema ? JSON.stringify(decisions.shift() ?? { action: 'answer' }) : 'As the tools say.'),
  { modelId: 'scripted-tools' },
);
const pay = defineTool({
  name: 'pay',
  description: 'Pays somebody.',
  parameters: z.object({ to: z.string() }),
  needsApproval: true,
  timeoutMs: 1000,
  maxAttempts: 1,
  run: () => 'paid',
});
// For an answer with sources: one document, found without a database.
const sourced = createScriptedModel(
  ({ jsonSchema, prompt }) =>
    jsonSchema
      ? '{"keywords":["library","opens"]}'
      : prompt.messages.at(-1).text.startsWith('Sources,')
        ? 'At nine [1].'
        : 'Perhaps at eight.',
  { modelId: 'scripted-sourced' },
);
const hit = {
  knowledgeBase: 'docs',
  document: { uri: '/manuals/guide.md', title: 'Guide', mediaType: 'text/markdown', metadata: {} },
  chunk: { index: 0, text: 'The library opens at nine.', start: 0, end: 26, headings: ['Hours'], tokens: 6 },
  stages: { lexical: { rank: 1, score: 1 } },
  score: 0.0164,
};
const retrieval = {
  store: {
    listKnowledgeBases: async () => [{ name: 'docs', dimensions: 0 }],
    search: async ({ knowledgeBases: [base] }) => {
      if (base !== 'docs') throw new RetrievalError('Retrieval.NotFound', `No knowledge base is named "${base}".`);
      return { hits: [hit], failures: [] };
    },
  },
  embeddingModel: async () => undefined,
  reranker: async () => undefined,
  web: { providers: [], pages: {} },
};
const workers = [
  ...(await createRetrievalWorkers({ connection, namespace, ...retrieval })),
  ...(await createModelWorkers({
    connection,
    namespace,
    model: sourced,
    publisher: new TokenLog(),
    name: 'recorder',
  })),
  await createSessionsWorker({ connection, namespace }),
  ...(await createModelWorkers({ connection, namespace, model, publisher: new TokenLog(), name: 'recorder' })),
  ...(await createModelWorkers({
    connection,
    namespace,
    model: withTools,
    publisher: new TokenLog(),
    name: 'recorder',
  })),
  await createToolsWorker({ connection, namespace, registry: createToolRegistry([calculator, pay]) }),
];
const running = workers.map((worker) => worker.run());

// One session: answer, stopped turn, failed turn, crash and retry, signalled turn, branches, settings, tools, approval, end.
const session = await client.startSession({ sessionId: 'recorded', modelId: 'scripted', persona: 'You are kind.' });
await session.send('I am Ada');
const stop = new AbortController();
const stopped = session.send('Count', { messageId: 'stopped', signal: stop.signal });
await new Promise((resolve) => setTimeout(resolve, 1500));
stop.abort();
await stopped;
await session.send('This fails').catch(() => {});
await session.send('This goes on after a crash');
await session.signalTurn('By signal');
await session.edit(1, 'I am Eve');
await session.regenerate();
await session.selectBranch(3);
await session.rename('Recorded');
await session.changeSettings({ persona: 'You are a pirate.', modelId: 'scripted-tools', tools: ['calculator', 'pay'] });
const bought = session.send('Pay Ada 6 times 7');
while ((await session.status()).waitingCalls.length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
await session.approve((await session.status()).waitingCalls[0].callId);
await bought;
await session.end();
await client.temporal.workflow.getHandle('chat-session/recorded').result();
await save('chat-session/recorded', name);

// Another that continues as new, with its state carried over.
await client.temporal.workflow.start('chatSessionWorkflow', {
  workflowId: 'chat-session/continued',
  taskQueue: 'colloquy/sessions',
  args: [{ sessionId: 'continued', settings: { modelId: 'scripted' }, maxHistoryLength: 20, archive: false }],
});
const long = client.session('continued');
for (let turn = 1; turn <= 5; turn++) await long.send(`Message ${turn}`);
await save('chat-session/continued', `${name}-continued`);
await client.temporal.workflow.getHandle('chat-session/continued').terminate();

// An answer with sources, of which one fails; and a session that answers so.
const answerId = 'recorded';
await client.temporal.workflow.execute('answerWithSourcesWorkflow', {
  workflowId: `answer/${answerId}`,
  taskQueue: 'colloquy/sessions',
  args: [
    {
      answerId,
      question: 'When does the library open?',
      modelId: 'scripted-sourced',
      sources: { knowledgeBases: ['docs', 'gone'] },
    },
  ],
});
await save(`answer/${answerId}`, name.replace('chat-session', 'answer-with-sources'));
const asking = await client.startSession({
  sessionId: 'asking',
  modelId: 'scripted-sourced',
  sources: { knowledgeBases: ['docs'] },
});
await asking.send('When does the library open?');
await asking.end();
await client.temporal.workflow.getHandle('chat-session/asking').result();
await save('chat-session/asking', `${name}-sources`);

for (const worker of workers) worker.shutdown();
await Promise.all(running);
await env.teardown();
