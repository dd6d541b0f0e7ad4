// Records a panel, one of its experts, and a session with a panel behind it, for the replay ring:
//   node test/replay/record-panel.mjs VERSION       writes test/replay/histories/panel-VERSION.json and two more
// Run it at a release, after "npm run build", and commit the files: later workflow code must still replay them.
import { z } from 'zod';
import { ModelError } from '../../dist/inference/model-error.js';
import { createScriptedModel } from '../../dist/inference/scripted-model.js';
import { TokenLog } from '../../dist/streaming/token-log.js';
import { defineTool } from '../../dist/tools/tool.js';
import { createToolRegistry } from '../../dist/tools/tool-registry.js';
import { createModelWorkers } from '../../dist/workers/model-worker.js';
import { createSessionsWorker } from '../../dist/workers/sessions-worker.js';
import { createToolsWorker } from '../../dist/workers/tools-worker.js';
import { openRecorder } from './recorder.mjs';

const version = process.argv[2];
if (!/^[\w.-]+$/u.test(version ?? '')) {
  console.error('usage: node test/replay/record-panel.mjs VERSION   e.g. 0.2.0');
  process.exit(1);
}
const { env, client, connection, namespace, save } = await openRecorder();

let verdicts = 0;
const model = createScriptedModel(
  ({ prompt, jsonSchema }) => {
    const text = prompt.messages.at(-1).text;
    const [, name] = /^You are ([a-z]+)\./u.exec(prompt.persona) ?? [];
    const keys = Object.keys(jsonSchema?.properties ?? {});
    if (jsonSchema?.anyOf !== undefined)
      return text.includes('paid') ? '{"action":"answer"}' : '{"action":"call","tool":"pay","arguments":{"amount":5}}';
    if (keys.includes('questions'))
      return '{"questions":[{"expert":"law","question":"What is allowed?","after":[]},{"expert":"steel","question":"What holds?","after":["law"]}]}';
    if (keys.includes('enough') && ++verdicts === 1)
      return '{"disagreements":[{"between":["law","steel"],"about":"the width"}],"enough":false,"followUps":[{"expert":"law","question":"How wide?"}],"askPerson":"How long?"}';
    if (keys.includes('enough')) return '{"disagreements":[],"enough":true,"followUps":[],"askPerson":""}';
    if (keys.includes('confidence'))
      return '{"confidence":"high","sources":["own knowledge"],"withinResponsibility":true}';
    if (name === 'water') return new ModelError('Model.Unsupported', 'No such decoding.');
    return name === undefined ? 'All in all, so be it.' : `${name} says so`;
  },
  { modelId: 'scripted' },
);
const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  parameters: z.object({ amount: z.number() }),
  needsApproval: true,
  timeoutMs: 1000,
  maxAttempts: 1,
  run: () => 'paid',
});
const workers = [
  await createSessionsWorker({ connection, namespace }),
  ...(await createModelWorkers({ connection, namespace, model, publisher: new TokenLog(), name: 'recorder' })),
  await createToolsWorker({ connection, namespace, registry: createToolRegistry([pay]) }),
];
const running = workers.map((worker) => worker.run());

const expert = (name, more = {}) => ({
  name,
  responsibility: `All about ${name}.`,
  persona: `You are ${name}.`,
  ...more,
});
/** The first value that there is. */
const until = async (look) => {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

// One panel: plan refused and agreed to, a tool that is approved, another expert, which fails, a remark, two rounds, a question, the result.
const panel = await client.startPanel({
  panelId: 'recorded',
  task: 'Build a bridge',
  experts: [expert('law', { tools: ['pay'] }), expert('steel')],
  modelId: 'scripted',
  review: { plan: true, questions: true, result: true },
  limits: { tokenBudget: 50_000 },
});
const review = (kind) =>
  until(async () => {
    const { review: pending } = await panel.status();
    return pending?.kind === kind && pending.reviewId;
  });
const refused = await review('plan');
await panel.refuse(refused, 'Shorter');
await panel.approve(await until(async () => (await review('plan')) !== refused && (await review('plan'))));
await panel.approveCall((await until(async () => (await panel.status()).waitingCalls[0])).callId);
await panel.addExpert(expert('water'));
await panel.addRemark('Mind the ships');
await panel.approve(await review('question'), { text: '90 m' });
await panel.approveCall((await until(async () => (await panel.status()).waitingCalls[0])).callId);
await panel.approve(await review('result'));
const { outcome, contributions } = await panel.result();
console.log(outcome, contributions.map(({ questionId }) => questionId).join(' '));
await save('panel/recorded', `panel-${version}`);
await save('panel/recorded/expert/law/1.1', `expert-${version}`);

// A session whose turns are answered by panels.
const session = await client.startSession({
  sessionId: 'recorded',
  modelId: 'scripted',
  panel: { way: 'pipeline', experts: [expert('law'), expert('steel')] },
});
await session.send('Where is it?');
await session.send('And now?');
await session.end();
await client.temporal.workflow.getHandle('chat-session/recorded').result();
await save('chat-session/recorded', `chat-session-panel-${version}`);

for (const worker of workers) worker.shutdown();
await Promise.all(running);
await env.teardown();
