import type { FinishReason } from '../../domain/session/conversation.js';
import type { TokenLogprobs } from '../language-model.js';

/** What a server's stream tells, piece by piece. */
export type StreamPart =
  /** One token's text as a rule; several where the server holds text back. */
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprobs[] }
  /** Of the model's thoughts, which come before its answer. */
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'end'; readonly finishReason?: FinishReason }
  | {
      readonly type: 'usage';
      readonly inputTokens?: number;
      readonly outputTokens?: number;
      readonly cachedInputTokens?: number;
    };
