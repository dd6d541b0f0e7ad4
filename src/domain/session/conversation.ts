import type { AnswerSources } from '../answer/answer-sources.js';
import type { Decoding } from '../decoding.js';
import type { ToolCall } from '../tools/tool-call.js';

/** The author of a message. The persona is not a message; every prompt starts with it. */
export type Role = 'user' | 'assistant';

/**
 * Why an answer ended. `stop`: the model ended its turn or a stop string was met; `length`: `maxOutputTokens` or the context
 * window was reached; `cancelled`: the user stopped it; `deadline`: the time allowed ran out; `degenerate`: the text began to
 * repeat itself; `filtered`: the server's content filter cut it. Except after `stop`, the text may end in the middle of a sentence.
 */
export type FinishReason = 'stop' | 'length' | 'cancelled' | 'deadline' | 'degenerate' | 'filtered';

/** Tokens and time of one answer; summed over turns, those of a session. */
export interface Usage {
  /** Tokens of the rendered prompt, including cached ones. */
  readonly inputTokens: number;
  /** The part of `inputTokens` whose state the engine already had. */
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  /** The part of `outputTokens` that were thoughts. Missing: none. */
  readonly thinkingTokens?: number;
  /** Wall-clock time of the attempt that finished, from its start to the last token. */
  readonly durationMs: number;
}

export const NO_USAGE: Usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, durationMs: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...((a.thinkingTokens ?? b.thinkingTokens) !== undefined && {
      thinkingTokens: (a.thinkingTokens ?? 0) + (b.thinkingTokens ?? 0),
    }),
    durationMs: a.durationMs + b.durationMs,
  };
}

/** One message and, once known, its answer or the reason for its failure. */
export interface Turn {
  /** Number in the session, from 1, in the order in which messages arrived. */
  readonly turn: number;
  /** The turn that it follows on its branch; 0 at the beginning. Turns with the same parent are alternatives of each other. */
  readonly parent: number;
  /** Digest of the answered turns before it on its branch; known once it has begun. */
  readonly hashBefore?: string;
  /** Given by the sender; sending it again returns this turn instead of making another one. */
  readonly messageId: string;
  readonly text: string;
  /** ISO 8601, the workflow's clock. */
  readonly sentAt: string;
  /** Decoding of this turn only, which overrides that of the session. */
  readonly decoding?: Decoding;
  /** Tool calls that the model made before it answered, oldest first. */
  readonly toolCalls?: readonly ToolCall[];
  readonly answer?: Answer;
  readonly failure?: TurnFailure;
}

export interface Answer {
  readonly text: string;
  /** The model's thoughts before its answer. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
  readonly answeredAt: string;
  /** The sources that were searched. */
  readonly sources?: AnswerSources;
}

/** Why a turn has no answer. `type` is one of `FailureType`. A failed turn is left out of later prompts. */
export interface TurnFailure {
  readonly type: string;
  readonly message: string;
  /** The part of the answer that readers saw before it failed. Missing: nothing. */
  readonly partial?: { readonly text: string; readonly thinking?: string };
}

/** One message of a transcript, as readers see it. */
export interface Message {
  readonly turn: number;
  /** The previous turn on its branch; 0 at the beginning. */
  readonly parent: number;
  readonly messageId: string;
  readonly role: Role;
  readonly text: string;
  /** Only on assistant messages: the model's thoughts before its answer. */
  readonly thinking?: string;
  readonly at: string;
  /** Only on assistant messages. */
  readonly finishReason?: FinishReason;
  readonly modelId?: string;
  readonly usage?: Usage;
  readonly sources?: AnswerSources;
  /** Only on assistant messages: the tool calls before it. */
  readonly toolCalls?: readonly ToolCall[];
  /** Set on a user message whose turn failed. */
  readonly failure?: TurnFailure;
}

export function isOpen({ answer, failure }: Turn): boolean {
  return answer === undefined && failure === undefined;
}

/** Turns as a flat list of messages, oldest first: each user message once, followed by its answer if there is one. */
export function toMessages(turns: readonly Turn[]): Message[] {
  return turns.flatMap((turn) => {
    const { messageId, parent, text, sentAt, toolCalls, answer, failure } = turn;
    const both = { turn: turn.turn, parent, messageId };
    const user: Message = { ...both, role: 'user', text, at: sentAt, ...(failure && { failure }) };
    if (answer === undefined) return [user];
    const { answeredAt, ...rest } = answer;
    return [user, { ...both, role: 'assistant', at: answeredAt, ...rest, ...(toolCalls && { toolCalls }) }];
  });
}
