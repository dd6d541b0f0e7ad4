import type { FinishReason } from '../../domain/session/conversation.js';
import type { TokenLogprobs } from '../language-model.js';

/** The pieces of a server's stream. */
export type StreamPart =
  /** Usually the text of one token; of several if the server holds text back. */
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprobs[] }
  /** A piece of the model's thoughts, which come before its answer. */
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'end'; readonly finishReason?: FinishReason }
  | {
      readonly type: 'usage';
      readonly inputTokens?: number;
      readonly outputTokens?: number;
      readonly cachedInputTokens?: number;
    };
