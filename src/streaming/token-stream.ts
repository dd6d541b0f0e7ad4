import type { FinishReason } from '../domain/session/conversation.js';

/**
 * What readers of a session see while an answer is written. The stream is only for display: the workflow's result is authoritative, and losing the stream
 * loses nothing.
 */
export type StreamEvent =
  | { readonly type: 'text-start'; readonly messageId: string }
  /**
   * `offset` is where `text` begins in the answer, in UTF-16 units. A reader keeps `answer.slice(0, offset) + text`, so an
   * attempt that resumes a little earlier overwrites what it repeats and needs no event of its own.
   */
  | { readonly type: 'text-delta'; readonly messageId: string; readonly offset: number; readonly text: string }
  /** Like `text-delta`, for the model's thoughts, which come before the answer. */
  | { readonly type: 'thinking-delta'; readonly messageId: string; readonly offset: number; readonly text: string }
  /**
   * How far the wait for the next token is. `loading`: the model is being loaded; `done` is 0, `total` is 1. `queued`: `done` is the
   * place in the model's queue, 1 for the next one, and `total` is how many wait. `reading`: `done` tokens of the prompt are read, of
   * `total`. A writer publishes two a second at most. A reader may ignore them, and each replaces the one before.
   */
  | {
      readonly type: 'progress';
      readonly messageId: string;
      readonly step: 'loading' | 'queued' | 'reading';
      readonly done: number;
      readonly total: number;
    }
  /** `failed`: the turn has no answer. What was shown of it is kept with its failure. */
  | { readonly type: 'text-end'; readonly messageId: string; readonly finishReason: FinishReason | 'failed' };

export interface TokenPublisher {
  /** Never throws and never waits, so that slow or absent readers cannot slow down generation. */
  publish(sessionId: string, event: StreamEvent): void;
}

export interface TokenSubscriber {
  /**
   * Events of one session from now on. When an answer is being written, what there is of it comes first, as one `text-start`
   * and one delta of each part from offset 0: of thoughts, where there are any, then of the text (or from `fromOffset` when `messageId` is that answer's), and the newest `progress` when no
   * text came after it. Ends when `signal` aborts or the stream is lost; it does not throw for either.
   */
  subscribe(sessionId: string, options: SubscribeOptions): AsyncIterable<StreamEvent>;
}

export interface SubscribeOptions {
  readonly signal: AbortSignal;
  /** Only events of this message. */
  readonly messageId?: string;
  readonly fromOffset?: number;
}
