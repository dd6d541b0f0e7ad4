/**
 * A program to be killed: runs a model that thinks. Arguments: the server's address, the socket of the token stream, the model's id, what
 * runs it (`gguf`, `openai` or `ollama`), and where: the path of its file, or the address of its server. It writes `ready` when it polls.
 */
import { NativeConnection } from '@temporalio/worker';
import { openNodeLlamaCppModel } from '../../../dist/inference/process/node-llama-cpp-model.js';
import { openOllamaModel } from '../../../dist/inference/ollama/ollama-model.js';
import { openOpenAiCompatibleModel } from '../../../dist/inference/openai/openai-compatible-model.js';
import { connectTokenStream } from '../../../dist/streaming/socket-client.js';
import { createModelWorkers } from '../../../dist/workers/model-worker.js';

const [, , address, socketPath, modelId, backend, place] = process.argv;
const open = {
  gguf: () => openNodeLlamaCppModel({ modelId, modelPath: place, contextTokens: 2048, engines: 1 }),
  openai: () => openOpenAiCompatibleModel({ modelId, name: 'm', baseUrl: place }),
  ollama: () => openOllamaModel({ modelId, name: 'thinker', host: place, contextTokens: 1024, threads: 1 }),
};
const connection = await NativeConnection.connect({ address });
const stream = connectTokenStream(socketPath);
const workers = await createModelWorkers({
  connection,
  namespace: 'default',
  model: await open[backend](),
  publisher: stream,
  subscriber: stream,
  fromArchive: () => Promise.reject(new Error('there is no archive')),
});
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
