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
  /** Reports what readers saw of an answer whose worker died. Default: none. */
  readonly subscriber?: TokenSubscriber;
  /**
   * Unique among the workers of the model. Keep it the same across restarts if sessions should come back to this
   * worker. Default: unique to this process.
   */
  readonly name?: string;
  /** Fetches turns that the session no longer holds. */
  readonly fromArchive: ConversationSource['fromArchive'];
  /**
   * Number of answers written at once. Others wait in the queue, where another worker can take them. Default: the
   * number of sequences of the model, otherwise 4.
   */
  readonly maxConcurrentAnswers?: number;
}

export async function openModelWorker(settings: WorkerSettings): Promise<OpenedWorker> {
  const { config, home, logger, name } = settings;
  const onNotice = (line: string): void => logger.info(line);
  const model = await settings.withFetching((fetching) =>
    openModel(settings.model ?? config.model, { config, home, fetching, onNotice, keepsSnapshots: true }),
  );
  const stream = await openStream(settings, { atOnce: true });
  // For turns that sessions no longer hold; it connects at its first use.
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
 * Creates two workers that have to run together: one polls the queue shared by all workers of the model, the other polls a queue of its
 * own, so that sessions come back to the worker that holds their state. The caller disposes the model after both have stopped.
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
        // By default the SDK delays heartbeats by up to 0.8 of the timeout. They carry checkpoints and cancellation, so this lets them pass.
        defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
        maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
        // Hands over answers in progress at once instead of finishing them; another worker continues them.
        shutdownGraceTime: 0,
        shutdownForceTime: '5 seconds',
      }),
    ),
  );
}

/** All activities of a model for sessions and panels. */
function modelActivities(dependencies: GenerationDependencies) {
  return {
    ...createGenerationActivities(dependencies),
    ...createDecideActivities(dependencies),
    ...createSummaryActivities(dependencies),
    ...createPanelActivities(dependencies),
    ...createSourceActivities(dependencies),
  };
}
