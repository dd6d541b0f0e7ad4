import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WithStartWorkflowOperation, WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition, Workflow } from '@temporalio/common';
import type { Turn } from '../domain/session/conversation.js';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import type { SessionSettings, SettingsChange } from '../domain/session/session-settings.js';
import { faultOfUserMessage } from '../domain/session/user-message.js';
import { createShownAnswer } from '../streaming/shown-answer.js';
import { requestStop } from '../streaming/stop-requests.js';
import type { TokenPublisher, TokenSubscriber } from '../streaming/token-stream.js';
import {
  cancelTurnSignal,
  endSessionSignal,
  getStatusQuery,
  changeSettingsUpdate,
  editTurnUpdate,
  regenerateTurnUpdate,
  renameSessionUpdate,
  resolveApprovalUpdate,
  selectBranchUpdate,
  sendMessageUpdate,
  userTurnSignal,
} from '../workflows/session/session-messages.js';
import type { SessionStatus } from '../domain/session/session-status.js';
import type { SendMessageResult } from '../workflows/session/session-messages.js';
import { ColloquyError, sessionClosed, unreachable } from './colloquy-error.js';
import { isNotFound, isUnprocessed, isUnreachable, toColloquyError } from './to-colloquy-error.js';
import { readStream } from './read-stream.js';
import type { AnswerProgress } from './read-stream.js';
import { readTranscript, readTurns } from './read-transcript.js';
import type { Transcript } from './read-transcript.js';
import { toSessionSummary } from './session-summary.js';
import type { SessionSummary } from './session-summary.js';

/** Created again for each attempt, because it is unknown whether an earlier attempt succeeded. */
export type StartOperation = (attempt: { readonly isRepeated: boolean }) => WithStartWorkflowOperation<Workflow>;

/** Stream on which tokens can be watched and, if it accepts messages, workers can be asked to stop. */
export type SessionStream = TokenSubscriber & Partial<TokenPublisher>;

export interface AskOptions {
  /** Default: a random id. Sending the same id again returns the first answer instead of asking twice. */
  readonly messageId?: string;
  /** Called with each new piece of the answer, as it is written. Without a stream: once, with the whole answer. */
  readonly onText?: (text: string) => void;
  /** Like `onText`, for the thoughts of the model before it answers. Never called for models that do not think, or are told not to. */
  readonly onThinking?: (text: string) => void;
  /** Called while the answer waits for a place in the model, and while its prompt is read. Without a stream: never. */
  readonly onProgress?: (progress: AnswerProgress) => void;
  /** Stops the turn; `send` then resolves with what was written so far, or throws `TurnCancelled`. */
  readonly signal?: AbortSignal;
  /** Called once per outage, when the server cannot be reached and the call is repeated. */
  readonly onUnreachable?: () => void;
}

export interface SendOptions extends AskOptions {
  /** Stops the running answer, keeping its text, so that this message is answered sooner. */
  readonly steer?: boolean;
  /** Starts the session in the same call: see `ColloquyClient.startSessionWith`. */
  readonly startOperation?: StartOperation;
}

/** How long `send` retries while the server is unreachable. The message id makes that safe. */
const REPEAT_FOR_MS = 5 * 60_000;

/** One session, running or ended. Every method throws `ColloquyError` for foreseeable failures. */
export interface SessionHandle {
  readonly sessionId: string;
  /** Sends a message and waits for the answer. */
  send(text: string, options?: SendOptions): Promise<SendMessageResult>;
  /** Sends a message without waiting; the answer appears in the transcript. Returns the message's id. */
  signalTurn(text: string, messageId?: string): Promise<string>;
  cancelTurn(messageId?: string): Promise<void>;
  /** Answers a message again, on a branch of its own. Default: the newest message. */
  regenerate(turn?: number, options?: AskOptions): Promise<SendMessageResult>;
  /** Replaces the text of a message, on a branch of its own, and answers it. The old branch stays readable. */
  edit(turn: number, text: string, options?: AskOptions): Promise<SendMessageResult>;
  /** Continues from another turn: the next message follows it. */
  selectBranch(turn: number): Promise<SessionStatus>;
  /** Changes the model, persona and other settings from the next turn on. */
  changeSettings(change: SettingsChange): Promise<SessionSettings>;
  rename(title: string): Promise<SessionStatus>;
  /** Allows a tool call that waits for approval; `status().waitingCalls` lists them. */
  approve(callId: string): Promise<SessionStatus>;
  /** Refuses a tool call; the model is told the reason and answers without the call. */
  refuse(callId: string, reason?: string): Promise<SessionStatus>;
  /** Returns a branch across all runs of the session and the archive. Default: the current branch. */
  transcript(options?: { readonly head?: number }): Promise<Transcript>;
  /** All turns of all branches, by number. */
  turns(): Promise<Turn[]>;
  status(): Promise<SessionStatus>;
  /** Accepts no more messages; messages accepted before are answered. */
  end(): Promise<void>;
  /** What the server knows about the session; needs no worker. */
  describe(): Promise<SessionSummary>;
}

export function createSessionHandle(
  sessionId: string,
  options: { readonly client: Client; readonly address: string; readonly stream?: SessionStream },
): SessionHandle {
  const { client, address, stream } = options;
  const handle = client.workflow.getHandle(sessionWorkflowId(sessionId));
  const call = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw await explain(error, handle, { sessionId, address });
    }
  };

  /** The signal stops the answer. The hint to the worker makes that happen at once instead of at its next heartbeat. */
  async function cancelMessage(messageId: string | undefined): Promise<void> {
    const signalled = handle.signal(cancelTurnSignal, { messageId });
    if (messageId !== undefined && stream?.publish !== undefined) {
      const publish = stream.publish.bind(stream);
      requestStop({ publish }, sessionId, messageId);
    }
    await signalled;
  }

  /** Tells the worker of the running turn that a cancellation is on its way. Only a hint: nothing depends on it. */
  async function hurryStop(): Promise<void> {
    if (stream?.publish === undefined) return;
    try {
      const { running } = await handle.query(getStatusQuery);
      if (running) requestStop({ publish: stream.publish.bind(stream) }, sessionId, running.messageId);
    } catch {
      // The worker then learns of it at its next heartbeat.
    }
  }

  /** Sends an update whose id is that of the message, so that sending it again is safe, and reports the answer as it is written. */
  async function answerTo<Request extends { readonly messageId: string }>(
    update: UpdateDefinition<SendMessageResult, [Request]>,
    request: Request,
    { onText, onThinking, onProgress, signal, onUnreachable }: Omit<AskOptions, 'messageId'>,
    startOperation?: StartOperation,
  ): Promise<SendMessageResult> {
    const { messageId } = request;
    const shown = createShownAnswer();
    const shownThoughts = createShownAnswer();
    const updateOptions = { args: [request] as [Request], updateId: messageId };
    let attempts = 0;
    const execute = (): Promise<SendMessageResult> => {
      attempts++;
      if (startOperation === undefined) return handle.executeUpdate(update, updateOptions);
      const startWorkflowOperation = startOperation({ isRepeated: attempts > 1 });
      return client.workflow.executeUpdateWithStart(update, { ...updateOptions, startWorkflowOperation });
    };
    const show = (news: string): void => {
      if (news !== '') onText?.(news);
    };
    const showThoughts = (news: string): void => {
      if (news !== '') onThinking?.(news);
    };
    const done = new AbortController();
    const reading =
      stream && (onText ?? onThinking ?? onProgress)
        ? readStream(stream, sessionId, messageId, done.signal, {
            onText: (delta) => show(shown.add(delta)),
            onThinking: (delta) => showThoughts(shownThoughts.add(delta)),
            onProgress,
          })
        : undefined;
    const cancel = (): void => void cancelMessage(messageId).catch(() => undefined);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const result = await call(() =>
        repeatWhileUnreachable(
          execute,
          async (error) =>
            isUnreachable(error) || isUnprocessed(error) || (isNotFound(error) && (await isRunning(handle))),
          onUnreachable,
        ),
      );
      showThoughts(shownThoughts.complete(result.thinking ?? ''));
      show(shown.complete(result.text));
      return result;
    } catch (error) {
      if (error instanceof ColloquyError && error.partial) show(shown.complete(error.partial.text));
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      done.abort();
      await reading;
    }
  }

  return {
    sessionId,
    async send(text, { messageId = randomUUID(), steer, startOperation, ...ask } = {}) {
      assertMessage({ messageId, text });
      if (steer) void hurryStop();
      return answerTo(sendMessageUpdate, { messageId, text, ...(steer && { steer }) }, ask, startOperation);
    },
    regenerate: (turn, { messageId = randomUUID(), ...ask } = {}) =>
      answerTo(regenerateTurnUpdate, { messageId, ...(turn !== undefined && { turn }) }, ask),
    async edit(turn, text, { messageId = randomUUID(), ...ask } = {}) {
      assertMessage({ messageId, text });
      return answerTo(editTurnUpdate, { messageId, turn, text }, ask);
    },
    selectBranch: (turn) => call(() => handle.executeUpdate(selectBranchUpdate, { args: [{ turn }] })),
    changeSettings: (change) => call(() => handle.executeUpdate(changeSettingsUpdate, { args: [change] })),
    approve: (callId) => call(() => handle.executeUpdate(resolveApprovalUpdate, { args: [{ callId, approve: true }] })),
    refuse: (callId, reason) =>
      call(() => handle.executeUpdate(resolveApprovalUpdate, { args: [{ callId, approve: false, reason }] })),
    rename: (title) => call(() => handle.executeUpdate(renameSessionUpdate, { args: [{ title }] })),
    async signalTurn(text, messageId = randomUUID()) {
      assertMessage({ messageId, text });
      await call(() => handle.signal(userTurnSignal, { messageId, text }));
      return messageId;
    },
    cancelTurn: (messageId) =>
      call(async () => {
        if (messageId !== undefined || stream?.publish === undefined) return cancelMessage(messageId);
        // With the id, the hint reaches the worker too.
        const { running } = await handle.query(getStatusQuery);
        return cancelMessage(running?.messageId);
      }),
    transcript: ({ head } = {}) => call(() => readTranscript(client, sessionId, head)),
    turns: () => call(() => readTurns(client, sessionId)),
    status: () => call(() => handle.query(getStatusQuery)),
    end: () => call(() => handle.signal(endSessionSignal)),
    describe: () =>
      call(async () => {
        const summary = toSessionSummary(await handle.describe());
        if (summary === undefined) throw new ColloquyError('SessionNotFound', `"${sessionId}" is not a session.`);
        return summary;
      }),
  };
}

function assertMessage(message: { messageId: string; text: string }): void {
  const fault = faultOfUserMessage(message);
  if (fault !== undefined) throw new ColloquyError('InvalidRequest', fault);
}

/** Temporal reports "not found" both for an ended workflow and for one that never existed; only the description tells them apart. */
async function explain(
  error: unknown,
  handle: WorkflowHandle,
  about: { sessionId: string; address: string },
): Promise<unknown> {
  const explained = toColloquyError(error, about);
  if (!(explained instanceof ColloquyError) || explained.type !== 'SessionNotFound') return explained;
  try {
    const { status } = await handle.describe();
    // The update was not found: a server that restarts forgets updates that were not accepted yet.
    return status.name === 'RUNNING'
      ? unreachable(about.address, error)
      : sessionClosed(`Session "${about.sessionId}"`, error);
  } catch {
    return explained;
  }
}

async function isRunning(handle: WorkflowHandle): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch {
    return false;
  }
}

/** Sending again is safe: the message id is the id of the update, and the session remembers it. */
async function repeatWhileUnreachable<T>(
  action: () => Promise<T>,
  isTransient: (error: unknown) => Promise<boolean>,
  onUnreachable?: () => void,
): Promise<T> {
  const giveUpAt = Date.now() + REPEAT_FOR_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > giveUpAt || !(await isTransient(error))) throw error;
      if (attempt === 1) onUnreachable?.();
      await sleep(Math.min(250 * 2 ** attempt, 5_000));
    }
  }
}
