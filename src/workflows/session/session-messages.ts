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

/** Messages to a running session. The client imports this file, so it contains no workflow code. */

/**
 * Sends a message. An update, because the sender needs the answer or the refusal. Waits for the turns before it. Sending it again with the same
 * `messageId` is safe; use that as the id of the update too.
 *
 * Fails with `InvalidRequest`, `SessionClosed`, `TurnQueueFull`, `BudgetExceeded`, `TurnCancelled` or a `Model.*` type.
 */
export const sendMessageUpdate = defineUpdate<SendMessageResult, [OutgoingMessage]>('sendMessage');

export interface OutgoingMessage extends UserMessage {
  /** Stops the running answer, keeping its text, so that this message is answered sooner. Default: false. */
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
  /** The sources that were searched. */
  readonly sources?: AnswerSources;
}

/** Sends a message without returning the answer, which appears in the transcript and the stream. A message that breaks a rule is dropped with a warning. */
export const userTurnSignal = defineSignal<[OutgoingMessage]>('userTurn');

/**
 * Answers a user message again, on a branch of its own; the old answer stays readable. Fails like `sendMessage`. Sending it again with the same
 * `messageId` is safe.
 */
export const regenerateTurnUpdate = defineUpdate<SendMessageResult, [RegenerateRequest]>('regenerateTurn');

export interface RegenerateRequest {
  /** Id of the new turn. */
  readonly messageId: string;
  /** Default: the newest of the current branch. */
  readonly turn?: number;
}

/** Replaces the text of a user message, on a branch of its own, and answers it. Fails like `sendMessage`. */
export const editTurnUpdate = defineUpdate<SendMessageResult, [EditRequest]>('editTurn');

export interface EditRequest extends UserMessage {
  readonly turn: number;
}

/** Continues from another turn: the next message follows it. Fails with `InvalidRequest`. */
export const selectBranchUpdate = defineUpdate<SessionStatus, [{ readonly turn: number }]>('selectBranch');

/** Changes settings from the next turn on. Fails with `InvalidRequest` or `SessionClosed`. */
export const changeSettingsUpdate = defineUpdate<SessionSettings, [SettingsChange]>('changeSettings');

export const renameSessionUpdate = defineUpdate<SessionStatus, [{ readonly title: string }]>('renameSession');

/** Allows or refuses a tool call in `SessionStatus.waitingCalls`. Fails with `InvalidRequest`. */
export const resolveApprovalUpdate = defineUpdate<SessionStatus, [ApprovalDecision]>('resolveApproval');

/** Stops the running turn, or the given one. Its text is kept, with `finishReason: 'cancelled'`. */
export const cancelTurnSignal = defineSignal<[CancelTurnRequest?]>('cancelTurn');

export interface CancelTurnRequest {
  readonly messageId?: string;
}

/** Accepts no more messages; messages accepted before are answered, then the workflow completes. */
export const endSessionSignal = defineSignal('endSession');

/** A branch as readers see it. */
export const getTranscriptQuery = defineQuery<TranscriptPage, [TranscriptRequest?]>('getTranscript');

/** All turns that the session has, for the archive. */
export const getTurnsQuery = defineQuery<TurnsPage, [TurnsRequest]>('getTurns');

/** A branch in the form that prompts need, for workers. */
export const getConversationQuery = defineQuery<ConversationPage, [ConversationRequest]>('getConversation');

/** Results of the tools of a turn, for workers. */
export const getToolCallsQuery = defineQuery<readonly ToolCall[], [{ readonly turn: number }]>('getToolCalls');

export const getStatusQuery = defineQuery<SessionStatus>('getStatus');
