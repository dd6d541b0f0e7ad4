// A process that opens a model, begins an answer and waits to be killed.
import { openNodeLlamaCppModel } from '../../../dist/inference/process/node-llama-cpp-model.js';

const model = await openNodeLlamaCppModel({ modelId: 'm', modelPath: process.argv[2], contextTokens: 512 });
const request = { prompt: { type: 'text', text: 'Once upon a time' }, maxOutputTokens: 400 };
await model.generate(request, { signal: new AbortController().signal, onDelta: () => process.send('running') });
