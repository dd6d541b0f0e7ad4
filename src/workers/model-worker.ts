import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createConversations } from '../activities/session/conversations.js';
import type { ConversationSource, FetchToolCalls } from '../activities/session/conversations.js';
import { createDecideActivities } from '../activities/session/decide.js';
import { encodableErrors } from '../activities/encodable-errors.js';
import { createGenerationActivities } from '../activities/session/generation.js';
import { HEARTBEAT_THROTTLE_MS } from '../activities/heartbeat.js';
import { createPanelActivities } from '../activities/panel/panel.js';
import { createSourceActivities } from '../activities/answer/sources.js';
import { createSummaryActivities } from '../activities/session/summary.js';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import { modelTaskQueue, workerTaskQueue } from '../domain/task-queues.js';
import type { LanguageModel } from '../inference/language-model.js';
import type { TokenPublisher, TokenSubscriber } from '../streaming/token-stream.js';
import { getConversationQuery, getToolCallsQuery } from '../workflows/session/session-messages.js';

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

/**
 * Two workers, to be run together: one polls the model's queue, which all its workers share, the other a queue of this one alone, to
 * which sessions come back whose state it holds. The caller disposes the model, after they have stopped.
 */
export async function createModelWorkers(options: ModelWorkerOptions): Promise<readonly Worker[]> {
  const { connection, namespace, model, publisher, subscriber, fromArchive } = options;
  const { maxConcurrentAnswers = model.sequences ?? 4 } = options;
  const own = workerTaskQueue(model.modelId, options.name ?? `${hostname()}-${process.pid}`);
  const dependencies = {
    getModel: () => Promise.resolve(model),
    conversations: createConversations({ fromSession: askSession(() => Context.current().client), fromArchive }),
    toolCalls: askToolCalls(() => Context.current().client),
    publisher,
    subscriber,
    workerQueue: own,
  };
  const activities = {
    ...createGenerationActivities(dependencies),
    ...createDecideActivities(dependencies),
    ...createSummaryActivities(dependencies),
    ...createPanelActivities(dependencies),
    ...createSourceActivities(dependencies),
  };
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

/** A session tells within milliseconds. A server that is alive and says nothing must not hold an answer whose worker beats. */
const QUESTION_LIMIT_MS = 30_000;

function askSession(client: () => Client): ConversationSource['fromSession'] {
  return (sessionId, request) =>
    inTime(client(), ({ workflow }) =>
      workflow.getHandle(sessionWorkflowId(sessionId)).query(getConversationQuery, request),
    );
}

function askToolCalls(client: () => Client): FetchToolCalls {
  return (sessionId, turn) =>
    inTime(client(), ({ workflow }) =>
      workflow.getHandle(sessionWorkflowId(sessionId)).query(getToolCallsQuery, { turn }),
    );
}

function inTime<T>(client: Client, ask: (client: Client) => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + QUESTION_LIMIT_MS, () => ask(client));
}
