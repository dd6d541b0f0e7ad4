/**
 * A program to be killed: runs a model that writes a word each 20 ms, without end. Arguments: the server's address, the socket of the token
 * stream, the model's id. It writes `ready` when it polls.
 */
import { NativeConnection } from '@temporalio/worker';
import { createScriptedModel } from '../../../dist/inference/scripted-model.js';
import { connectTokenStream } from '../../../dist/streaming/socket-client.js';
import { createModelWorkers } from '../../../dist/workers/model-worker.js';

const [, , address, socketPath, modelId] = process.argv;
const connection = await NativeConnection.connect({ address });
const words = Array.from({ length: 5_000 }, (_, index) => `word${index}`).join(' ');
const stream = connectTokenStream(socketPath);
const workers = await createModelWorkers({
  connection,
  namespace: 'default',
  model: createScriptedModel(() => ({ text: words, delayMs: 20 }), { modelId, contextTokens: 100_000 }),
  publisher: stream,
  subscriber: stream,
  fromArchive: () => Promise.reject(new Error('there is no archive')),
});
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
