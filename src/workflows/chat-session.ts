import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { GenerationActivities } from '../activities/generation.js';
import type { Turn, TurnFailure, Usage } from '../domain/conversation.js';
import { sessionDetails } from '../domain/session-details.js';
import {
  DEFAULT_MAX_OUTPUT_TOKENS,
  acceptMessage,
  findTurn,
  isOpen,
  newSession,
  nextOpenTurn,
  recordAnswer,
  recordFailure,
  refusalOf,
} from '../domain/session.js';
import type { SessionSettings, SessionState } from '../domain/session.js';
import { modelTaskQueue } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import { transcriptPage } from '../domain/transcript.js';
import type { UserMessage } from '../domain/user-message.js';
import {
  cancelTurnSignal,
  endSessionSignal,
  getStatusQuery,
  getTranscriptQuery,
  sendMessageUpdate,
  userTurnSignal,
} from './session-messages.js';
import type { SendMessageResult, SessionStatus } from './session-messages.js';

export interface ChatSessionInput {
  readonly sessionId: string;
  readonly settings: SessionSettings;
  /** Handed on by the run before, at continue-as-new. */
  readonly carried?: SessionState;
  /** Continue as new after so many events, also when the server does not suggest it yet. For tests. */
  readonly maxHistoryLength?: number;
}

export interface ChatSessionResult {
  readonly sessionId: string;
  readonly turnCount: number;
  readonly usage: Usage;
}

const { generate } = proxyActivities<GenerationActivities>({
  // Long enough for a long answer of a large model on a CPU; a dead worker is noticed by the heartbeat, not by this.
  startToCloseTimeout: '1 hour',
  // The activity beats every second. This is how long a reader waits, at worst, before another worker goes on.
  heartbeatTimeout: '6 seconds',
  // No schedule-to-close timeout: a turn waits for a model worker for as long as there is none, even a week.
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 20,
  },
  // A cancelled turn keeps what was written so far, so wait until the activity hands it over.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

/**
 * One conversation. Owns its transcript; takes turns one by one, in the order in which messages came; runs until it is ended.
 * A failed turn ends the turn, not the session. See `session-messages.ts` for what can be said to it.
 */
export async function chatSessionWorkflow(input: ChatSessionInput): Promise<ChatSessionResult> {
  const { sessionId, settings, maxHistoryLength = Number.POSITIVE_INFINITY } = input;
  let session = input.carried ?? newSession(settings, now());
  let ended = false;
  let running: { readonly turn: Turn; readonly scope: CancellationScope } | undefined;

  setHandler(
    sendMessageUpdate,
    async (message) => {
      accept(message);
      // Not cancellable: when the session is cancelled, the sender still gets what was written so far.
      await CancellationScope.nonCancellable(() => condition(() => !isOpenMessage(message.messageId)));
      return toResult(sessionId, findTurn(session, message.messageId));
    },
    {
      validator: (message) => {
        const refusal = refusalOf(session, message, ended);
        if (refusal) throw ApplicationFailure.create({ ...refusal, nonRetryable: true });
      },
      description: 'Send a message and wait for the answer',
    },
  );
  setHandler(
    userTurnSignal,
    (message) => {
      const refusal = refusalOf(session, message, ended);
      if (refusal) log.warn('Message refused', { type: refusal.type, reason: refusal.message });
      else accept(message);
    },
    { description: 'Send a message without waiting' },
  );
  setHandler(cancelTurnSignal, (request) => cancelTurn(request?.messageId), { description: 'Stop the running turn' });
  setHandler(endSessionSignal, () => void (ended = true), { description: 'End the session after the open turns' });
  setHandler(getTranscriptQuery, (request) => transcriptPage(session, request), { description: 'Who said what' });
  setHandler(getStatusQuery, status, { description: 'State, counts and settings' });

  try {
    showDetails();
    for (;;) {
      await condition(() => nextOpenTurn(session) !== undefined || ended || canContinueAsNew());
      const turn = nextOpenTurn(session);
      if (turn !== undefined) {
        await answer(turn);
      } else if (ended) {
        break;
      }
      if (canContinueAsNew()) {
        // A session that is pinned to its worker's version would stay on it for ever otherwise.
        const upgrade = makeContinueAsNewFunc<typeof chatSessionWorkflow>({
          initialVersioningBehavior: 'AUTO_UPGRADE',
        });
        await upgrade({ ...input, carried: session });
      }
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    ended = true;
    failOpenTurns({ type: 'SessionClosed', message: 'The session was cancelled.' });
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    showDetails();
    throw error;
  }
  await condition(allHandlersFinished);
  showDetails();
  return { sessionId, turnCount: session.turns.length, usage: session.usage };

  function accept(message: UserMessage): void {
    const isFirst = session.turns.length === 0;
    session = acceptMessage(session, message, now());
    if (isFirst) upsertMemo({ title: excerpt(message.text, 80), modelId: session.settings.modelId });
  }

  async function answer(turn: Turn): Promise<void> {
    const { modelId, decoding, maxOutputTokens = DEFAULT_MAX_OUTPUT_TOKENS } = session.settings;
    const scope = new CancellationScope();
    running = { turn, scope };
    showDetails();
    try {
      const output = await scope.run(() =>
        generate.executeWithOptions(
          { taskQueue: modelTaskQueue(modelId), summary: `Turn ${turn.turn}: ${excerpt(turn.text, 120)}` },
          [
            {
              sessionId,
              modelId,
              turn: turn.turn,
              message: { messageId: turn.messageId, text: turn.text },
              contextFromTurn: session.contextFromTurn,
              conversationHash: session.conversationHash,
              ...(session.turns.every((each) => each.answer === undefined) && { persona: session.settings.persona }),
              maxOutputTokens,
              decoding,
            },
          ],
        ),
      );
      const { text, finishReason, usage, context } = output;
      if (text === '' && finishReason === 'cancelled') {
        session = recordFailure(session, turn.turn, TURN_CANCELLED);
      } else {
        const written = { text, finishReason, usage, modelId: output.modelId, answeredAt: now() };
        session = recordAnswer(session, turn.turn, written, context.fromTurn);
      }
    } catch (error) {
      const failure = toTurnFailure(error, modelId);
      log.warn('Turn failed', { turn: turn.turn, type: failure.type, reason: failure.message });
      session = recordFailure(session, turn.turn, failure);
    } finally {
      running = undefined;
      showDetails();
    }
  }

  function cancelTurn(messageId: string | undefined): void {
    if (running && (messageId === undefined || running.turn.messageId === messageId)) {
      running.scope.cancel();
      return;
    }
    const turn = messageId === undefined ? undefined : findTurn(session, messageId);
    if (turn && isOpen(turn)) session = recordFailure(session, turn.turn, TURN_CANCELLED);
  }

  function failOpenTurns(failure: TurnFailure): void {
    for (let turn = nextOpenTurn(session); turn; turn = nextOpenTurn(session)) {
      session = recordFailure(session, turn.turn, failure);
    }
  }

  function isOpenMessage(messageId: string): boolean {
    const turn = findTurn(session, messageId);
    return turn !== undefined && isOpen(turn);
  }

  /** Turns that were signalled may wait meanwhile: they are part of the state. A waiting update is not: it is answered first. */
  function canContinueAsNew(): boolean {
    const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } = workflowInfo();
    const isDue = continueAsNewSuggested || targetWorkerDeploymentVersionChanged || historyLength > maxHistoryLength;
    return isDue && !ended && allHandlersFinished();
  }

  function state(): SessionStatus['state'] {
    if (running) return 'answering';
    return ended ? 'ended' : 'waiting';
  }

  function showDetails(): void {
    setCurrentDetails(sessionDetails(session, state()));
  }

  function status(): SessionStatus {
    const { modelId, persona } = session.settings;
    return {
      sessionId,
      state: state(),
      modelId,
      ...(persona !== undefined && { persona }),
      startedAt: session.startedAt,
      turnCount: session.turns.length,
      openTurns: session.turns.filter(isOpen).length,
      usage: session.usage,
      contextFromTurn: session.contextFromTurn,
    };
  }
}

const TURN_CANCELLED: TurnFailure = { type: 'TurnCancelled', message: 'The turn was stopped before it had any text.' };

function toResult(sessionId: string, turn: Turn | undefined): SendMessageResult {
  if (turn?.failure) throw ApplicationFailure.create({ ...turn.failure, nonRetryable: true });
  // A plain Error here would mean a bug and block the workflow task until it is mended; no state leads here.
  if (!turn?.answer)
    throw ApplicationFailure.nonRetryable('The turn has neither answer nor failure.', 'InvalidRequest');
  const { text, finishReason, modelId, usage } = turn.answer;
  return { sessionId, turn: turn.turn, messageId: turn.messageId, text, finishReason, modelId, usage };
}

/** The failure as the reader of a transcript needs it: the innermost cause that has a type. */
function toTurnFailure(error: unknown, modelId: string): TurnFailure {
  if (isCancellation(error)) return TURN_CANCELLED;
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Model.Unavailable', message: cause.message };
  if (cause instanceof CancelledFailure) return TURN_CANCELLED;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return {
    type: 'Model.Unavailable',
    message: `Model "${modelId}" gave no answer: ${reason}. Send the message again.`,
  };
}

/** The workflow's clock: in the sandbox `Date` is replayed. */
function now(): string {
  return new Date().toISOString();
}
