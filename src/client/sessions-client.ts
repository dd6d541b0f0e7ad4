import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { faultOfSessionId, sessionWorkflowId } from '../domain/session/session-id.js';
import { faultsOf } from '../domain/schema.js';
import { DEFAULT_PERSONA, sessionSettingsSchema } from '../domain/session/session-settings.js';
import type { SessionSettings } from '../domain/session/session-settings.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import type { chatSessionWorkflow } from '../workflows/session/chat-session.js';
import type { ChatSessionInput } from '../workflows/session/session-run.js';
import type { DeletedSession, deleteSessionWorkflow } from '../workflows/session/delete-session.js';
import type { SendMessageResult } from '../workflows/session/session-messages.js';
import { ColloquyError } from './colloquy-error.js';
import { toColloquyError } from './to-colloquy-error.js';
import { countTurns } from './count-turns.js';
import { newSessionId } from './new-session-id.js';
import { createSessionHandle } from './session-handle.js';
import type { AskOptions, SessionHandle, SessionStream, StartOperation } from './session-handle.js';
import { fitsFilter, sessionQuery } from './session-query.js';
import type { SessionFilter } from './session-query.js';
import { toSessionSummary } from './session-summary.js';
import type { SessionSummary } from './session-summary.js';

export interface StartSessionOptions extends SessionSettings {
  /** Default: the date and eight random characters. */
  readonly sessionId?: string;
}

export interface ListSessionsOptions extends SessionFilter {
  /** Text in the title or the id, ignoring case. It is not indexed: sessions are read until `limit` of them match. */
  readonly text?: string;
  /** Default: 50. */
  readonly limit?: number;
  /** Asks open sessions for their exact number of turns, with a limit of 3 seconds. Default: false. */
  readonly countTurns?: boolean;
}

/** The sessions on a server. */
export interface SessionsClient {
  /** @throws {ColloquyError} `SessionExists` or `InvalidRequest` */
  startSession(options: StartSessionOptions): Promise<SessionHandle>;
  /**
   * Starts a session with its first message, in one call to the server, and waits for the answer.
   *
   * @throws {ColloquyError} as `startSession` and `SessionHandle.send` do
   */
  startSessionWith(
    message: string,
    options: StartSessionOptions & { readonly ask?: AskOptions },
  ): Promise<{ readonly session: SessionHandle; readonly answer: SendMessageResult }>;
  /**
   * Starts a session that begins with a branch of another one, up to a turn. Default: up to the newest turn of its current branch. `options` override
   * the settings of the other session. Resolves when the archive worker has copied the turns, or after 10 seconds. A fork accepts messages before
   * that, and answers them afterwards. With a `userId`, only that user's sessions can be forked.
   *
   * @throws {ColloquyError} `SessionNotFound`, `SessionExists` or `InvalidRequest`
   */
  forkSession(
    sessionId: string,
    options?: Partial<StartSessionOptions> & { readonly turn?: number },
  ): Promise<SessionHandle>;
  /**
   * Ends a session and deletes it with its archive and states on disk. With a `userId`, only that user's sessions are deleted.
   *
   * @throws {ColloquyError} `SessionNotFound`; `InvalidRequest` if it belongs to another user
   */
  deleteSession(sessionId: string, options?: { readonly userId?: string }): Promise<DeletedSession>;
  /** A handle for an existing session. If it does not exist, the first call on the handle fails. */
  session(sessionId: string): SessionHandle;
  /**
   * Lists open sessions, newest first, then ended ones by the time of their end. Changes appear within about a second.
   *
   * @throws {ColloquyError} `InvalidRequest`; `Temporal.SearchAttributes` for a filter, if no worker of this version has run yet
   */
  listSessions(options?: ListSessionsOptions): Promise<SessionSummary[]>;
}

export function createSessionsClient({
  client,
  address,
  stream,
  archive,
}: {
  readonly client: Client;
  readonly address: string;
  readonly stream: SessionStream | undefined;
  /** As `ColloquyClientOptions` has it. */
  readonly archive: boolean;
}): SessionsClient {
  const session = (sessionId: string): SessionHandle => {
    const fault = faultOfSessionId(sessionId);
    if (fault !== undefined) throw new ColloquyError('InvalidRequest', fault);
    return createSessionHandle(sessionId, { client, address, stream });
  };

  function startOptions(input: ChatSessionInput) {
    const { settings } = input;
    const faults = faultsOf(sessionSettingsSchema, settings);
    if (faults.length > 0) throw new ColloquyError('InvalidRequest', faults.join(' '));
    const args: [ChatSessionInput] = [{ ...input, ...(!archive && { archive }) }];
    return {
      workflowId: sessionWorkflowId(input.sessionId),
      taskQueue: SESSIONS_TASK_QUEUE,
      args,
      // An ended session keeps its id: a transcript must not change its owner.
      workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
      memo: { modelId: settings.modelId },
      staticSummary: `Chat with ${settings.modelId}`,
      staticDetails: `Persona: ${excerpt(settings.persona ?? DEFAULT_PERSONA, 300)}`,
    };
  }

  async function start(input: ChatSessionInput): Promise<SessionHandle> {
    const { sessionId } = input;
    const handle = session(sessionId);
    try {
      await client.workflow.start<typeof chatSessionWorkflow>('chatSessionWorkflow', startOptions(input));
    } catch (error) {
      throw toColloquyError(error, { sessionId, address });
    }
    return handle;
  }

  return {
    session,
    startSession: ({ sessionId = newSessionId(), ...settings }) => start({ sessionId, settings }),
    async startSessionWith(text, { sessionId = newSessionId(), ask = {}, ...settings }) {
      const handle = session(sessionId);
      const options = startOptions({ sessionId, settings });
      const startOperation: StartOperation = ({ isRepeated }) =>
        new WithStartWorkflowOperation('chatSessionWorkflow', {
          ...options,
          workflowIdConflictPolicy: isRepeated ? 'USE_EXISTING' : 'FAIL',
        });
      const answer = await handle.send(text, { ...ask, startOperation });
      return { session: handle, answer };
    },
    async forkSession(from, { turn, sessionId = newSessionId(), ...own } = {}) {
      const status = await session(from).status();
      const head = turn ?? status.head;
      if (!Number.isInteger(head) || head < 1 || head > status.turnCount) {
        throw new ColloquyError(
          'InvalidRequest',
          `Session "${from}" has no turn ${head} to fork from: it has ${status.turnCount} turns.`,
        );
      }
      assertOwner(from, status.settings.userId, own.userId);
      const settings = { ...status.settings, ...own };
      const fork = await start({ sessionId, settings, forkOf: { sessionId: from, turn: head, title: status.title } });
      await untilCopied(fork);
      return fork;
    },
    async deleteSession(sessionId, { userId } = {}) {
      const handle = session(sessionId);
      const turns = await handle.turns();
      const { modelId } = await handle.describe().catch(() => ({ modelId: undefined }));
      const modelIds = new Set([modelId, ...turns.map(({ answer }) => answer?.modelId)]);
      try {
        return await client.workflow.execute<typeof deleteSessionWorkflow>('deleteSessionWorkflow', {
          workflowId: `delete-session/${sessionId}`,
          taskQueue: SESSIONS_TASK_QUEUE,
          staticSummary: `Delete session ${sessionId}`,
          workflowIdConflictPolicy: 'USE_EXISTING',
          args: [{ sessionId, modelIds: [...modelIds].filter((id) => id !== undefined), userId }],
        });
      } catch (error) {
        throw toColloquyError(error, { sessionId, address });
      }
    },
    async listSessions({ limit = 50, text, countTurns: isCounted = false, ...filter } = {}) {
      const sessions: SessionSummary[] = [];
      try {
        const pageSize = text === undefined ? limit : SEARCH_PAGE_SIZE;
        for await (const each of client.workflow.list({ query: sessionQuery(filter), pageSize })) {
          const summary = toSessionSummary(each);
          if (summary && fitsFilter(summary, filter) && holdsText(summary, text)) sessions.push(summary);
          if (sessions.length === limit) break;
        }
      } catch (error) {
        throw toColloquyError(error, { address });
      }
      return isCounted ? countTurns(client, sessions) : sessions;
    },
  };
}

/** Checks that a session belongs to the given user, if one is given. @throws {ColloquyError} `InvalidRequest` */
function assertOwner(sessionId: string, owner: string | undefined, given: string | undefined): void {
  if (given === undefined || owner === undefined || owner === given) return;
  throw new ColloquyError(
    'InvalidRequest',
    `Session "${sessionId}" belongs to another user than ${JSON.stringify(given)}.`,
  );
}

const COPY_LIMIT_MS = 10_000;
const COPY_LOOK_MS = 100;

/** Waits until a fork has its copied turns. */
async function untilCopied(fork: SessionHandle): Promise<void> {
  const giveUpAt = Date.now() + COPY_LIMIT_MS;
  while (Date.now() < giveUpAt) {
    // If no sessions worker is running, the turns are copied later.
    const status = await fork.status().catch(() => undefined);
    if (status === undefined || status.turnCount > 0) return;
    await sleep(COPY_LOOK_MS);
  }
}

const SEARCH_PAGE_SIZE = 200;

function holdsText({ sessionId, title = '' }: SessionSummary, text = ''): boolean {
  return `${sessionId}\n${title}`.toLowerCase().includes(text.toLowerCase());
}
