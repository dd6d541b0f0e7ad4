import { hostname } from 'node:os';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createConversations } from '../activities/session/conversations.js';
import type { ConversationSource } from '../activities/session/conversations.js';
import { createDecideActivities } from '../activities/session/decide.js';
import { encodableErrors } from '../activities/encodable-errors.js';
import { createGenerationActivities } from '../activities/session/generation.js';
import type { GenerationDependencies } from '../activities/session/generation.js';
import { createTranscriptArchive } from '../archive/transcript-archive.js';
import { connectDatabase } from '../database/connect-database.js';
import { openModel } from '../models/open-model.js';
import { HEARTBEAT_THROTTLE_MS } from '../activities/heartbeat.js';
import { createPanelActivities } from '../activities/panel/panel.js';
import { createSourceActivities } from '../activities/answer/sources.js';
import { createSummaryActivities } from '../activities/session/summary.js';
import { modelTaskQueue, workerTaskQueue } from '../domain/task-queues.js';
import type { LanguageModel } from '../inference/language-model.js';
import type { TokenPublisher, TokenSubscriber } from '../streaming/token-stream.js';
import { archivedConversation } from './archive-worker.js';
import { conversationOf, toolCallsOf } from './ask-sessions.js';
import { locateDatabase } from './locate-database.js';
import { openStream } from './open-stream.js';
import type { OpenedWorker, WorkerSettings } from './opened-worker.js';

export interface ModelWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly model: LanguageModel;
  readonly publisher: TokenPublisher;
  /** Where it is asked what readers were shown of an answer whose worker died. Default: nowhere. */
  readonly subscriber?: TokenSubscriber;
  /** Among the workers of the model; the same after a restart, where sessions should come back. Default: of this process. */
  readonly name?: string;
  /** For turns that the session no longer holds. */
  readonly fromArchive: ConversationSource['fromArchive'];
  /** Answers written at once; more wait in the queue, where another worker can take them. Default: as many as the model has sequences, else 4. */
  readonly maxConcurrentAnswers?: number;
}

export async function openModelWorker(settings: WorkerSettings): Promise<OpenedWorker> {
  const { config, home, logger, name } = settings;
  const onNotice = (line: string): void => logger.info(line);
  const model = await settings.withFetching((fetching) =>
    openModel(settings.model ?? config.model, { config, home, fetching, onNotice, keepsSnapshots: true }),
  );
  const stream = await openStream(settings, { atOnce: true });
  // Needed for turns that sessions no longer hold; connects when it is first used.
  const database = connectDatabase(locateDatabase(config, home), { maxConnections: 2 });
  const fromArchive = archivedConversation(createTranscriptArchive(database));
  return {
    createWorkers: (connection, namespace) =>
      createModelWorkers({ connection, namespace, model, publisher: stream, subscriber: stream, name, fromArchive }),
    async close() {
      await database.close();
      await stream.close();
      await model.dispose();
    },
  };
}

/**
 * Two workers, to be run together: one polls the model's queue, which all its workers share, the other a queue of this one alone, to
 * which sessions come back whose state it holds. The caller disposes the model, after they have stopped.
 */
export async function createModelWorkers(options: ModelWorkerOptions): Promise<readonly Worker[]> {
  const { connection, namespace, model, publisher, subscriber, fromArchive } = options;
  const { maxConcurrentAnswers = model.sequences ?? 4 } = options;
  const own = workerTaskQueue(model.modelId, options.name ?? `${hostname()}-${process.pid}`);
  const activities = modelActivities({
    getModel: () => Promise.resolve(model),
    conversations: createConversations({ fromSession: conversationOf, fromArchive }),
    toolCalls: toolCallsOf,
    publisher,
    subscriber,
    workerQueue: own,
  });
  return Promise.all(
    [modelTaskQueue(model.modelId), own].map((taskQueue) =>
      Worker.create({
        connection,
        interceptors: { activity: [encodableErrors] },
        namespace,
        taskQueue,
        activities,
        maxConcurrentActivityTaskExecutions: maxConcurrentAnswers,
        // The SDK holds beats back for up to 0.8 of the timeout. Checkpoints and cancellation travel with them: let them pass.
        defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
        maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
        // Answers in progress are handed over at once rather than finished: another worker goes on with them.
        shutdownGraceTime: 0,
        shutdownForceTime: '5 seconds',
      }),
    ),
  );
}

/** All that a model does for sessions and panels. */
function modelActivities(dependencies: GenerationDependencies) {
  return {
    ...createGenerationActivities(dependencies),
    ...createDecideActivities(dependencies),
    ...createSummaryActivities(dependencies),
    ...createPanelActivities(dependencies),
    ...createSourceActivities(dependencies),
  };
}
