import type { FinishReason, Usage } from './conversation.js';
import type { Decoding } from '../decoding.js';
import type { GroundedSource } from '../answer/grounded-source.js';
import type { ThinkingSettings } from './session-settings.js';
import type { UserMessage } from './user-message.js';

/**
 * The point in a conversation at which an activity works: digests of everything before it, instead of the conversation itself. A worker
 * without the conversation asks the session for it, and the archive for turns that the session no longer has. So the history grows with the
 * messages, not with the prompts.
 */
export interface ConversationReference {
  readonly sessionId: string;
  readonly modelId: string;
  /** Last turn of the branch before this one; 0 if there is none. */
  readonly head: number;
  /** First turn of the previous prompt; the beginning stays there as long as it fits. */
  readonly contextFromTurn: number;
  /** `hashTurns` of the whole branch up to `head`. Missing in requests of version 0.1.0, for which nothing is checked. */
  readonly pathHash?: string;
  /** `hashPreamble` of persona and summary. */
  readonly preambleHash?: string;
  /** Only if no worker has it yet: at the beginning, or after it changed. */
  readonly persona?: string;
}

/** Input of the `generate` activity. */
export interface GenerateInput extends ConversationReference {
  readonly turn: number;
  readonly message: UserMessage;
  /** Number of tool calls that the turn has made; the activity asks the session for their results. Default: 0. */
  readonly callCount?: number;
  readonly maxOutputTokens: number;
  readonly decoding?: Decoding;
  readonly thinking?: ThinkingSettings;
  /** Sources for the answer, which must not cite any others. */
  readonly sources?: readonly GroundedSource[];
  /** `draft`: not the final answer, and shown to no one; `once`: no turn will follow. Default: a turn of a session. */
  readonly purpose?: 'draft' | 'once';
  /** ISO 8601: when the answer must end, even if it is incomplete. */
  readonly deadline?: string;
  /**
   * Checkpoint of an attempt that the server no longer knows about. If an attempt of this activity has sent a heartbeat since then, its
   * checkpoint is used instead. An empty text means that such an attempt may have begun.
   */
  readonly resumeFrom?: AnswerCheckpoint;
}

/** An answer so far, as sent in heartbeats. The tokens may end before the text, if readers have seen more of it. */
export interface AnswerCheckpoint {
  readonly text: string;
  /** Thoughts so far, which come before the text. */
  readonly thinking?: string;
  readonly tokens: readonly number[];
}

export function isAnswerCheckpoint(details: unknown): details is AnswerCheckpoint {
  return typeof details === 'object' && details !== null && 'text' in details && 'tokens' in details;
}

export interface GenerateOutput {
  readonly text: string;
  /** The model's thoughts before its answer. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
  /** First turn in the prompt, and the tokens that the prompt took of the window. */
  readonly context: { readonly fromTurn: number; readonly promptTokens: number; readonly contextTokens: number };
  readonly tokensPerSecond: number;
  readonly firstTokenMs: number;
  /** The worker's own queue, because its cache now has this conversation. */
  readonly workerQueue?: string;
}
