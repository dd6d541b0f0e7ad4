/**
 * A program to be killed: runs panels and experts, or a model that follows a script. Arguments: the server's address, and `workflows` or
 * `model`. Writes a line for each request that the model is given.
 */
import { NativeConnection } from '@temporalio/worker';
import { createScriptedModel } from '../../../dist/inference/scripted-model.js';
import { TokenLog } from '../../../dist/streaming/token-log.js';
import { createModelWorkers } from '../../../dist/workers/model-worker.js';
import { createSessionsWorker } from '../../../dist/workers/sessions-worker.js';

const [, , address, role] = process.argv;
const connection = await NativeConnection.connect({ address });
const namespace = 'default';

/** Knows nothing of what it was asked before: another process may have been asked. */
function reply({ prompt, jsonSchema, resumeFrom }) {
  const text = prompt.messages.at(-1).text;
  const [, name = 'coordinator'] = /^You are ([a-z]+)\./u.exec(prompt.persona) ?? [];
  const isSecond = text.includes('Look again');
  const keys = Object.keys(jsonSchema?.properties ?? {});
  if (keys.includes('questions')) return said('plan', '{"questions":[]}');
  if (keys.includes('enough')) {
    const followUps = ['law', 'steel'].map((expert) => ({ expert, question: `Look again, ${expert}` }));
    return said(
      'verdict',
      JSON.stringify({ disagreements: [], enough: isSecond, followUps: isSecond ? [] : followUps }),
    );
  }
  if (keys.includes('confidence'))
    return said(`assessment ${name}`, '{"confidence":"high","sources":[],"withinResponsibility":true}');
  if (name === 'coordinator') return said('synthesis', 'All in all, so be it.');
  const words = Array.from({ length: 30 }, (_, index) => `word${index}`).join(' ');
  const isSlow = isSecond && name === 'steel';
  const round = isSecond ? 2 : 1;
  return said(`answer ${name} ${round}${resumeFrom ? ' resumed' : ''}`, {
    text: `${name} ${round}: ${words}`,
    delayMs: isSlow ? 200 : 0,
  });
}

function said(step, answer) {
  process.stdout.write(`${step}\n`);
  return answer;
}

const workers =
  role === 'model'
    ? await createModelWorkers({
        connection,
        namespace,
        model: createScriptedModel(reply, { modelId: 'killed' }),
        publisher: new TokenLog(),
      })
    : [await createSessionsWorker({ connection, namespace })];
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
