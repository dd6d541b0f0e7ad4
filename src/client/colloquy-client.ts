import { Client } from '@temporalio/client';
import type { Connection } from '@temporalio/client';
import type { UserUsage } from '../domain/session/archive.js';
import type { SourcedResult } from '../domain/session/sourced-question.js';
import { SESSIONS_TASK_QUEUE, modelTaskQueue } from '../domain/task-queues.js';
import { askSources } from './ask-sources.js';
import type { AskSourcesOptions } from './ask-sources.js';
import { createRequestCheck } from './check-requests.js';
import { toColloquyError } from './to-colloquy-error.js';
import { TASK_QUEUE_TYPE, hasPoller, waitingTasks } from './has-poller.js';
import { createKnowledgeClient } from './knowledge-client.js';
import type { KnowledgeClient } from './knowledge-client.js';
import { newSessionId } from './new-session-id.js';
import type { SessionStream } from './session-handle.js';
import { readUserUsage } from './read-transcript.js';
import { createPanelsClient } from './panels-client.js';
import type { PanelsClient } from './panels-client.js';
import { createSessionsClient } from './sessions-client.js';
import type { SessionsClient } from './sessions-client.js';

/** Sessions and panels on one Temporal server. */
export interface ColloquyClient extends SessionsClient, PanelsClient {
  /** Temporal's own client, for everything else. Only workflows check what it sends. */
  readonly temporal: Client;
  /**
   * Answers one question from knowledge bases, the web or both, with numbered sources. `failures` lists sources that failed. If nothing is found, the
   * answer comes from the model alone and is not `grounded`.
   *
   * @throws {ColloquyError} `InvalidRequest`; `Retrieval.NotFound`, which names the knowledge bases that exist; `TurnCancelled`, `Model.*`
   */
  ask(question: string, options: AskSourcesOptions): Promise<SourcedResult>;
  /** Creates, fills and searches knowledge bases. */
  readonly knowledge: KnowledgeClient;
  /** Cost of a user's answers in all sessions, including ended and deleted ones. For an open session that does not respond, only archived turns count. */
  usageOfUser(userId: string, since?: Date): Promise<UserUsage>;
  /** Kinds of worker that are not running; empty if a message to this model would be answered. */
  missingWorkers(modelId: string): Promise<('sessions' | 'model')[]>;
  /** The server's estimate of the number of answers that wait because all workers of this model are busy. */
  waitingAnswers(modelId: string): Promise<number>;
  close(): Promise<void>;
}

export interface ColloquyClientOptions {
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  /** Where tokens can be watched. Without it, answers come whole. */
  readonly stream?: SessionStream;
  /** Whether new sessions hand closed turns to the archive. Default: true. Without an archive, they hold all their turns. */
  readonly archive?: boolean;
}

export function createColloquyClient({
  connection,
  address,
  namespace,
  stream,
  archive = true,
}: ColloquyClientOptions): ColloquyClient {
  const client = new Client({ connection, namespace, interceptors: { workflow: [createRequestCheck()] } });
  const knowledge = createKnowledgeClient({ client, address });

  return {
    ...createSessionsClient({ client, address, stream, archive }),
    ...createPanelsClient({ client, address }),
    temporal: new Client({ connection, namespace }),
    ask: (question, { onText, onProgress, signal, ...settings }) =>
      askSources(
        { client, address, stream, knowledge },
        { ...settings, answerId: newSessionId(), question },
        { onText, onProgress, signal },
      ),
    knowledge,
    async usageOfUser(userId, since) {
      try {
        return await readUserUsage(client, { userId, ...(since && { since: since.toISOString() }) });
      } catch (error) {
        throw toColloquyError(error, { address });
      }
    },
    async missingWorkers(modelId) {
      const [sessions, model] = await Promise.all([
        hasPoller(client, SESSIONS_TASK_QUEUE, TASK_QUEUE_TYPE.workflow),
        hasPoller(client, modelTaskQueue(modelId), TASK_QUEUE_TYPE.activity),
      ]);
      return [...(sessions ? [] : (['sessions'] as const)), ...(model ? [] : (['model'] as const))];
    },
    waitingAnswers: (modelId) => waitingTasks(client, modelTaskQueue(modelId), TASK_QUEUE_TYPE.activity),
    close: () => connection.close(),
  };
}
