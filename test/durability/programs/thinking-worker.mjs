/**
 * A program to be killed: runs a model of a GGUF file. Arguments: the server's address, the socket of the token stream, the model's id, the
 * file. It writes `ready` when it polls.
 */
import { NativeConnection } from '@temporalio/worker';
import { openNodeLlamaCppModel } from '../../../dist/inference/node-llama-cpp-model.js';
import { connectTokenStream } from '../../../dist/streaming/socket-client.js';
import { createModelWorkers } from '../../../dist/workers/model-worker.js';

const [, , address, socketPath, modelId, modelPath] = process.argv;
const connection = await NativeConnection.connect({ address });
const stream = connectTokenStream(socketPath);
const workers = await createModelWorkers({
  connection,
  namespace: 'default',
  model: await openNodeLlamaCppModel({ modelId, modelPath, contextTokens: 2048, engines: 1 }),
  publisher: stream,
  subscriber: stream,
  fromArchive: () => Promise.reject(new Error('there is no archive')),
});
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
