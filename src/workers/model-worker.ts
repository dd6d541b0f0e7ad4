import type { Client } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createConversations } from '../activities/conversations.js';
import type { FetchTranscript } from '../activities/conversations.js';
import { createGenerationActivities } from '../activities/generation.js';
import { HEARTBEAT_INTERVAL_MS } from '../activities/heartbeat.js';
import { sessionWorkflowId } from '../domain/session-id.js';
import { modelTaskQueue } from '../domain/task-queues.js';
import type { LanguageModel } from '../inference/language-model.js';
import type { TokenPublisher } from '../streaming/token-stream.js';
import { getTranscriptQuery } from '../workflows/session-messages.js';

export interface ModelWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly model: LanguageModel;
  readonly publisher: TokenPublisher;
  /** Answers written at once; more wait in the queue, where another worker can take them. Default: as many as the model has sequences, else 4. */
  readonly maxConcurrentAnswers?: number;
}

/** Runs one model for all sessions that use it. The caller disposes the model, after `worker.run()` has returned. */
export async function createModelWorker(options: ModelWorkerOptions): Promise<Worker> {
  const { connection, namespace, model, publisher, maxConcurrentAnswers = model.sequences ?? 4 } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: modelTaskQueue(model.modelId),
    activities: createGenerationActivities({
      getModel: () => Promise.resolve(model),
      conversations: createConversations(fetchTranscript(() => Context.current().client)),
      publisher,
    }),
    maxConcurrentActivityTaskExecutions: maxConcurrentAnswers,
    // The SDK holds beats back for up to 0.8 of the timeout. Checkpoints and cancellation travel with them: let them pass.
    defaultHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    maxHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS / 2,
    // Answers in progress are handed over at once rather than finished: another worker goes on with them.
    shutdownGraceTime: 0,
    shutdownForceTime: '5 seconds',
  });
}

function fetchTranscript(client: () => Client): FetchTranscript {
  return (sessionId, fromTurn) =>
    client().workflow.getHandle(sessionWorkflowId(sessionId)).query(getTranscriptQuery, { fromTurn });
}
