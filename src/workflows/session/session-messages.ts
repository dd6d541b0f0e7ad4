import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AnswerSources } from '../../domain/answer/answer-sources.js';
import type { FinishReason, Usage } from '../../domain/session/conversation.js';
import type { SessionStatus } from '../../domain/session/session-status.js';
import type { SessionSettings, SettingsChange } from '../../domain/session/session-settings.js';
import type {
  ConversationPage,
  ConversationRequest,
  TranscriptPage,
  TranscriptRequest,
  TurnsPage,
  TurnsRequest,
} from '../../domain/session/transcript.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ApprovalDecision } from '../../domain/session/tool-turn.js';
import type { UserMessage } from '../../domain/session/user-message.js';

/** What can be said to a running session. The client imports this file; it holds nothing that runs. */

/**
 * An update, because the sender needs the answer, or the refusal. Waits for the turns before it. Safe to send again with the same
 * `messageId`; use it as the update's id too.
 *
 * Fails with `InvalidRequest`, `SessionClosed`, `TurnQueueFull`, `BudgetExceeded`, `TurnCancelled` or a `Model.*` type.
 */
export const sendMessageUpdate = defineUpdate<SendMessageResult, [OutgoingMessage]>('sendMessage');

export interface OutgoingMessage extends UserMessage {
  /** Stop the running answer, of which is kept what was written, so that this one is answered sooner. Default: false, it waits its turn. */
  readonly steer?: boolean;
}

export interface SendMessageResult {
  readonly sessionId: string;
  readonly turn: number;
  readonly messageId: string;
  readonly text: string;
  /** What the model thought before it answered. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
  /** Where sources were looked for. */
  readonly sources?: AnswerSources;
}

/** The same without an answer: read it from the transcript or the stream. A message that breaks a rule is dropped with a warning. */
export const userTurnSignal = defineSignal<[OutgoingMessage]>('userTurn');

/**
 * Answers a user message once more, on a branch of its own; the old answer stays readable. Fails as `sendMessage` does; safe to send
 * again with the same `messageId`.
 */
export const regenerateTurnUpdate = defineUpdate<SendMessageResult, [RegenerateRequest]>('regenerateTurn');

export interface RegenerateRequest {
  /** Of the new turn. */
  readonly messageId: string;
  /** Default: the newest of the current branch. */
  readonly turn?: number;
}

/** Puts another text in the place of a user message, on a branch of its own, and answers it. Fails as `sendMessage` does. */
export const editTurnUpdate = defineUpdate<SendMessageResult, [EditRequest]>('editTurn');

export interface EditRequest extends UserMessage {
  readonly turn: number;
}

/** Goes on from another turn: the next message follows it. Fails with `InvalidRequest`. */
export const selectBranchUpdate = defineUpdate<SessionStatus, [{ readonly turn: number }]>('selectBranch');

/** From the next turn on. Fails with `InvalidRequest` or `SessionClosed`. */
export const changeSettingsUpdate = defineUpdate<SessionSettings, [SettingsChange]>('changeSettings');

export const renameSessionUpdate = defineUpdate<SessionStatus, [{ readonly title: string }]>('renameSession');

/** Allows or refuses a call that waits for it: `SessionStatus.waitingCalls` names them. Fails with `InvalidRequest`. */
export const resolveApprovalUpdate = defineUpdate<SessionStatus, [ApprovalDecision]>('resolveApproval');

/** Stops the running turn, or the one named. What was written so far is kept, with `finishReason: 'cancelled'`. */
export const cancelTurnSignal = defineSignal<[CancelTurnRequest?]>('cancelTurn');

export interface CancelTurnRequest {
  readonly messageId?: string;
}

/** No more messages; those accepted before are answered, then the workflow completes. */
export const endSessionSignal = defineSignal('endSession');

/** A branch as readers see it. */
export const getTranscriptQuery = defineQuery<TranscriptPage, [TranscriptRequest?]>('getTranscript');

/** All turns that the session holds, for the archive. */
export const getTurnsQuery = defineQuery<TurnsPage, [TurnsRequest]>('getTurns');

/** A branch as prompts need it, for workers. */
export const getConversationQuery = defineQuery<ConversationPage, [ConversationRequest]>('getConversation');

/** What tools gave in a turn, for workers. */
export const getToolCallsQuery = defineQuery<readonly ToolCall[], [{ readonly turn: number }]>('getToolCalls');

export const getStatusQuery = defineQuery<SessionStatus>('getStatus');
