import type { FinishReason, Usage } from './conversation.js';
import type { Decoding } from './decoding.js';
import type { UserMessage } from './user-message.js';

/**
 * What the `generate` activity is given: what is new, and a digest of what came before. A worker that does not hold the earlier
 * turns asks the session for them, so that history grows by what was said, not by what was read.
 */
export interface GenerateInput {
  readonly sessionId: string;
  readonly modelId: string;
  readonly turn: number;
  readonly message: UserMessage;
  /** First turn of the prompt before; the beginning stays there while it fits. */
  readonly contextFromTurn: number;
  readonly conversationHash: string;
  /** Only on a turn that has no answered ones before it: then there is nothing to ask the session for. */
  readonly persona?: string;
  readonly maxOutputTokens: number;
  readonly decoding?: Decoding;
}

export interface GenerateOutput {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
  /** First turn that the prompt held, and what it took of the window. */
  readonly context: { readonly fromTurn: number; readonly promptTokens: number; readonly contextTokens: number };
  readonly tokensPerSecond: number;
  readonly firstTokenMs: number;
}
