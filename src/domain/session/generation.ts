import type { FinishReason, Usage } from './conversation.js';
import type { Decoding } from '../decoding.js';
import type { GroundedSource } from '../answer/grounded-source.js';
import type { ThinkingSettings } from './session-settings.js';
import type { UserMessage } from './user-message.js';

/**
 * Where in a conversation an activity works: digests of what came before, not the conversation itself. A worker that does not hold it
 * asks the session, and the archive for what the session no longer holds, so that history grows by what was said, not by what was read.
 */
export interface ConversationReference {
  readonly sessionId: string;
  readonly modelId: string;
  /** Last turn of the branch that came before; 0: none did. */
  readonly head: number;
  /** First turn of the prompt before; the beginning stays there while it fits. */
  readonly contextFromTurn: number;
  /** `hashTurns` of the whole branch up to `head`. Missing in what version 0.1.0 asked for: then nothing is checked. */
  readonly pathHash?: string;
  /** `hashPreamble` of persona and summary. */
  readonly preambleHash?: string;
  /** Only when it is new to every worker: at the beginning, or after it was changed. */
  readonly persona?: string;
}

/** Input of the `generate` activity. */
export interface GenerateInput extends ConversationReference {
  readonly turn: number;
  readonly message: UserMessage;
  /** Calls of tools that the turn has made; what they gave is asked for at the session. Default: 0. */
  readonly callCount?: number;
  readonly maxOutputTokens: number;
  readonly decoding?: Decoding;
  readonly thinking?: ThinkingSettings;
  /** What the answer is to be drawn from; it then names none but these. */
  readonly sources?: readonly GroundedSource[];
  /** `draft`: not the answer yet, nobody is shown it; `once`: no turn will follow. Default: a turn of a session. */
  readonly purpose?: 'draft' | 'once';
  /** ISO 8601: when the answer must end, whatever there is of it. */
  readonly deadline?: string;
  /**
   * Written by an attempt of which the server knows no more; an attempt of this activity that beat since then knows better. With an
   * empty text: such an attempt may have begun.
   */
  readonly resumeFrom?: AnswerCheckpoint;
}

/** An answer so far, as heartbeats carry it. The tokens may stop short of the text, where readers were shown more of it. */
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
  /** What the model thought before it answered. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
  /** First turn that the prompt held, and what it took of the window. */
  readonly context: { readonly fromTurn: number; readonly promptTokens: number; readonly contextTokens: number };
  readonly tokensPerSecond: number;
  readonly firstTokenMs: number;
  /** The worker's own queue: its cache holds this conversation now. */
  readonly workerQueue?: string;
}
