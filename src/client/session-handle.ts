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

/** Made for each attempt anew: whether an attempt before came through is not known. */
export type StartOperation = (attempt: { readonly isRepeated: boolean }) => WithStartWorkflowOperation<Workflow>;

/** Where tokens can be watched, and workers be told to stop, if it takes what is published. */
export type SessionStream = TokenSubscriber & Partial<TokenPublisher>;

export interface AskOptions {
  /** Default: a random one. Sending the same id again returns the first one's answer rather than asking twice. */
  readonly messageId?: string;
  /** Called with each new piece of the answer, as it is written. Without a stream: once, with the whole answer. */
  readonly onText?: (text: string) => void;
  /** The same of what the model thinks before it answers. Models that do not think, and those told not to, never call it. */
  readonly onThinking?: (text: string) => void;
  /** Called while the answer waits for a place in the model, and while its prompt is read. Without a stream: never. */
  readonly onProgress?: (progress: AnswerProgress) => void;
  /** Stops the turn; `send` then resolves with what was written so far, or throws `TurnCancelled`. */
  readonly signal?: AbortSignal;
  /** Called once per outage, when the server cannot be reached and the call is repeated. */
  readonly onUnreachable?: () => void;
}

export interface SendOptions extends AskOptions {
  /** Stop the running answer, of which is kept what was written, so that this one comes sooner. */
  readonly steer?: boolean;
  /** Starts the session in the same call: see `ColloquyClient.startSessionWith`. */
  readonly startOperation?: StartOperation;
}

/** How long `send` repeats itself while the server is away. The message id makes that safe. */
const REPEAT_FOR_MS = 5 * 60_000;

/** One session, running or ended. Every method throws `ColloquyError` for what can be foreseen. */
export interface SessionHandle {
  readonly sessionId: string;
  /** Sends a message and waits for the answer. */
  send(text: string, options?: SendOptions): Promise<SendMessageResult>;
  /** Sends a message without waiting; the answer appears in the transcript. Returns the message's id. */
  signalTurn(text: string, messageId?: string): Promise<string>;
  cancelTurn(messageId?: string): Promise<void>;
  /** Answers a message once more, on a branch of its own. Default: the newest message. */
  regenerate(turn?: number, options?: AskOptions): Promise<SendMessageResult>;
  /** Puts another text in the place of a message, on a branch of its own, and answers it. The old branch stays readable. */
  edit(turn: number, text: string, options?: AskOptions): Promise<SendMessageResult>;
  /** Goes on from another turn: the next message follows it. */
  selectBranch(turn: number): Promise<SessionStatus>;
  /** Model, persona and the like, from the next turn on. */
  changeSettings(change: SettingsChange): Promise<SessionSettings>;
  rename(title: string): Promise<SessionStatus>;
  /** Allows a call of a tool that waits for it; `status().waitingCalls` names them. */
  approve(callId: string): Promise<SessionStatus>;
  /** Refuses it; the model is told the reason, and answers without. */
  refuse(callId: string, reason?: string): Promise<SessionStatus>;
  /** A branch, over all runs of the session and the archive. Default: the current one. */
  transcript(options?: { readonly head?: number }): Promise<Transcript>;
  /** All turns of all branches, by number. */
  turns(): Promise<Turn[]>;
  status(): Promise<SessionStatus>;
  /** No more messages; those accepted before are answered. */
  end(): Promise<void>;
  /** What the server knows of the session; needs no worker. */
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

  /** The signal is what counts; the word to the worker makes it stop at once rather than at its next beat. */
  async function cancelMessage(messageId: string | undefined): Promise<void> {
    const signalled = handle.signal(cancelTurnSignal, { messageId });
    if (messageId !== undefined && stream?.publish !== undefined) {
      const publish = stream.publish.bind(stream);
      requestStop({ publish }, sessionId, messageId);
    }
    await signalled;
  }

  /** Tells the worker of the running turn that the server will want its end. A hint: nothing depends on it. */
  async function hurryStop(): Promise<void> {
    if (stream?.publish === undefined) return;
    try {
      const { running } = await handle.query(getStatusQuery);
      if (running) requestStop({ publish: stream.publish.bind(stream) }, sessionId, running.messageId);
    } catch {
      // Then the worker hears of it at its next beat.
    }
  }

  /** Asks by an update whose id is the message's, so that asking again is safe, and shows the answer as it is written. */
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
        // By name the worker hears of it too.
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

/** Temporal says "not found" of a workflow that has ended as of one that never was: only its description tells them apart. */
async function explain(
  error: unknown,
  handle: WorkflowHandle,
  about: { sessionId: string; address: string },
): Promise<unknown> {
  const explained = toColloquyError(error, about);
  if (!(explained instanceof ColloquyError) || explained.type !== 'SessionNotFound') return explained;
  try {
    const { status } = await handle.describe();
    // What was not found is the update then: a server that restarts forgets those that were not accepted yet.
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

/** Sending again is safe: the message's id is the update's, and the session knows it. */
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
