import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { FinishReason, Usage } from '../domain/conversation.js';
import type { TranscriptPage, TranscriptRequest } from '../domain/transcript.js';
import type { UserMessage } from '../domain/user-message.js';

/** What can be said to a running session. The client imports this file; it holds nothing that runs. */

/**
 * An update, because the sender needs the answer, or the refusal. Waits for the turns before it. Safe to send again with the same
 * `messageId`; use it as the update's id too.
 *
 * Fails with `InvalidRequest`, `SessionClosed`, `TurnQueueFull`, `TurnCancelled` or a `Model.*` type.
 */
export const sendMessageUpdate = defineUpdate<SendMessageResult, [UserMessage]>('sendMessage');

export interface SendMessageResult {
  readonly sessionId: string;
  readonly turn: number;
  readonly messageId: string;
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
}

/** The same without an answer: read it from the transcript or the stream. A message that breaks a rule is dropped with a warning. */
export const userTurnSignal = defineSignal<[UserMessage]>('userTurn');

/** Stops the running turn, or the one named. What was written so far is kept, with `finishReason: 'cancelled'`. */
export const cancelTurnSignal = defineSignal<[CancelTurnRequest?]>('cancelTurn');

export interface CancelTurnRequest {
  readonly messageId?: string;
}

/** No more messages; those accepted before are answered, then the workflow completes. */
export const endSessionSignal = defineSignal('endSession');

export const getTranscriptQuery = defineQuery<TranscriptPage, [TranscriptRequest?]>('getTranscript');

export const getStatusQuery = defineQuery<SessionStatus>('getStatus');

export interface SessionStatus {
  readonly sessionId: string;
  readonly state: 'waiting' | 'answering' | 'ended';
  readonly modelId: string;
  readonly persona?: string;
  readonly startedAt: string;
  readonly turnCount: number;
  /** Turns without an answer yet, the running one included. */
  readonly openTurns: number;
  readonly usage: Usage;
  /** Turns before this one no longer fit the context window. */
  readonly contextFromTurn: number;
}
