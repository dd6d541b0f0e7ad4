/** A model worker whose model is scripted: a process of its own, started by `startProcessStack`, never imported. */
import { createTranscriptArchive } from '../../src/archive/transcript-archive.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { databaseSocketPath, streamSocketPath } from '../../src/local-socket.js';
import { openTokenStream } from '../../src/streaming/open-token-stream.js';
import { archivedConversation } from '../../src/workers/archive-worker.js';
import { createLogger } from '../../src/workers/logging.js';
import { createModelWorkers } from '../../src/workers/model-worker.js';
import { exitWhenParentDies, onStopRequest, reportReady } from '../../src/workers/stack/supervisor-link.js';
import { runWorkerProcess } from '../../src/workers/worker-process.js';
import { scriptedReply } from './scripted-reply.js';

export interface ScriptedWorkerSettings {
  readonly name: string;
  readonly modelId: string;
  readonly contextTokens: number;
  readonly address: string;
  readonly namespace: string;
  readonly redisUrl?: string;
  readonly home: string;
}

exitWhenParentDies();
const stop = new AbortController();
onStopRequest(() => stop.abort());
const settings: ScriptedWorkerSettings = JSON.parse(process.env.SCRIPTED_WORKER ?? '{}');
const { name, modelId, contextTokens, address, namespace, redisUrl, home } = settings;
const logger = createLogger('model', 'info');
const stream = await openTokenStream({
  redisUrl,
  namespace,
  socketPath: streamSocketPath(home),
  onNotice: (line) => logger.warn(line),
  atOnce: true,
});
const database = connectDatabase({ socketPath: databaseSocketPath(home) }, { maxConnections: 2 });
const model = createScriptedModel(scriptedReply, { modelId, contextTokens });
try {
  await runWorkerProcess({
    address,
    namespace,
    logger,
    stopSignal: stop.signal,
    onReady: reportReady,
    createWorkers: (connection) =>
      createModelWorkers({
        connection,
        namespace,
        model,
        publisher: stream,
        subscriber: stream,
        name,
        fromArchive: archivedConversation(createTranscriptArchive(database)),
      }),
  });
} finally {
  await database.close();
  await stream.close();
  await model.dispose();
  process.channel?.unref();
}
