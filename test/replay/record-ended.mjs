// Records turns that end between attempts, for the replay ring: stopped, steered away from, failed for good, ended with their session:
//   node test/replay/record-ended.mjs NAME        writes test/replay/histories/NAME.json
// Run it as record-history.mjs. `chat-session-ended-0.2.0` was recorded before what was shown was kept, `chat-session-kept-0.2.0` after.
import { ModelError } from '../../dist/inference/model-error.js';
import { createScriptedModel } from '../../dist/inference/scripted-model.js';
import { TokenLog } from '../../dist/streaming/token-log.js';
import { createModelWorkers } from '../../dist/workers/model-worker.js';
import { createSessionsWorker } from '../../dist/workers/sessions-worker.js';
import { openRecorder } from './recorder.mjs';

const name = process.argv[2];
const { env, client, connection, namespace, save } = await openRecorder();
const away = new ModelError('Model.Unavailable', 'Nobody is there.', { retryAfterMs: 60_000 });
let failed = 0;
const model = createScriptedModel(
  ({ prompt }) => {
    const text = prompt.messages.at(-1).text;
    if (text.startsWith('Break')) return { text: 'one two', delayMs: 5, failure: away };
    if (text !== 'Fail') return 'fine';
    return failed++ === 0
      ? { text: 'one two', failure: new ModelError('Model.Crashed', 'It ended.') }
      : new ModelError('Model.Damaged', 'The file is cut.');
  },
  { modelId: 'scripted' },
);
const workers = [
  await createSessionsWorker({ connection, namespace }),
  ...(await createModelWorkers({ connection, namespace, model, publisher: new TokenLog(), name: 'recorder' })),
];
const running = workers.map((worker) => worker.run());
const pause = () => new Promise((resolve) => setTimeout(resolve, 1500));
const session = await client.startSession({ sessionId: 'ended', modelId: 'scripted', persona: 'You are kind.' });
await session.send('Hello');
const stopped = session.send('Break', { messageId: 'stopped' }).catch(() => {});
await pause();
await session.cancelTurn('stopped');
await stopped;
const steered = session.send('Break again').catch(() => {});
await pause();
await session.send('Rather this', { steer: true });
await steered;
await session.send('Fail').catch(() => {});
const last = session.send('Break at the end').catch(() => {});
await pause();
await client.temporal.workflow.getHandle('chat-session/ended').cancel();
await last;
await client.temporal.workflow
  .getHandle('chat-session/ended')
  .result()
  .catch(() => {});
await save('chat-session/ended', name);
for (const worker of workers) worker.shutdown();
await Promise.all(running);
await env.teardown();
