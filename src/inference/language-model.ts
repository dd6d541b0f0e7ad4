import type { FinishReason, Role, Usage } from '../domain/session/conversation.js';
import type { Decoding } from '../domain/decoding.js';
import type { JsonSchema } from '../domain/json-schema.js';

/**
 * The interface between the activities and a backend. A model is stateless to its callers: every request carries its whole prompt. The
 * state that a backend keeps (KV cache) only makes it faster.
 */
export interface LanguageModel {
  /** Name in results, task queues and the UI, e.g. `smollm2-135m-instruct`. */
  readonly modelId: string;
  /** Tokens that prompt and answer may take together. */
  readonly contextTokens: number;
  /** Number of requests that it answers at the same time; more wait in it. Missing if the backend does not report it. */
  readonly sequences?: number;
  readonly capabilities: ModelCapabilities;
  /** Exact length of the prompt as the model sees it, including template and special tokens. */
  countPromptTokens(prompt: Prompt): Promise<number>;
  /**
   * Writes an answer. Resolves with the complete answer, also after a cancellation (`finishReason: 'cancelled'`, the partial text kept).
   * After `signal` aborts, at most one more token is evaluated.
   *
   * @throws {ModelError} with the `type` that the failure has for users; never a plain Error for a foreseeable case.
   */
  generate(request: GenerateRequest, options: GenerateOptions): Promise<GenerateResult>;
  /**
   * Finds the likeliest continuations of a prompt. Resolves with those found so far if cancelled or past its deadline.
   *
   * @throws {ModelError} as `generate` does; `Model.Unsupported` without the capability.
   */
  beamSearch(request: BeamSearchRequest, options: BeamSearchCallOptions): Promise<BeamSearchResult>;
  /** Drops the state of a conversation (`cacheKey`), in memory and on disk. Does nothing if there is none. */
  forget(cacheKey: string): Promise<void>;
  /** Ends running requests (as cancelled) and frees memory. A second call does nothing. */
  dispose(): Promise<void>;
}

/** Progress of a search: continuations of `done` tokens are known, out of at most `total`. It may end sooner. */
export interface BeamSearchProgress {
  readonly done: number;
  readonly total: number;
}

export interface BeamSearchCallOptions extends Pick<GenerateOptions, 'signal'> {
  /** Called after each token of the continuations. */
  readonly onStep?: (progress: BeamSearchProgress) => void;
}

/**
 * Features of a backend. Callers check the ones they need when a model is opened (`requireCapabilities`). A request for an unsupported
 * feature is refused before any work (`Model.Unsupported`).
 */
export interface ModelCapabilities {
  /** Continuation of raw text, `{ type: 'text' }`. */
  readonly text: boolean;
  readonly beamSearch: boolean;
  /** Maximum of `topLogprobs`; -1 if the backend does not report log-probabilities. */
  readonly topLogprobs: number;
  /** Answers that are JSON of a given schema. */
  readonly json: boolean;
  /** Fields of `Decoding` that it obeys. */
  readonly decoding: ReadonlySet<string>;
}

export interface ChatMessage {
  readonly role: Role;
  readonly text: string;
  /** Only in assistant messages: the thoughts before the text. The model's template decides whether later prompts contain them. */
  readonly thinking?: string;
}

export type Prompt =
  /**
   * Rendered by the model's own chat template. The persona is the complete system message and comes first; user text never gets a system
   * role, and special tokens spelled out in any text stay plain text. The last message is the user's.
   */
  | {
      readonly type: 'chat';
      readonly persona?: string;
      readonly messages: readonly ChatMessage[];
      /** Whether the model thinks before it answers. Default: the template's own default. */
      readonly thinking?: boolean;
    }
  /** Raw continuation: nothing is added except the model's begin-of-text token. */
  | { readonly type: 'text'; readonly text: string };

export interface GenerateRequest {
  readonly prompt: Prompt;
  /** Includes the tokens of thoughts. */
  readonly maxOutputTokens: number;
  /** Thoughts are closed after this many tokens, and the answer begins. Default: no separate limit. */
  readonly maxThinkingTokens?: number;
  readonly decoding?: Decoding;
  /** The answer ends before the first of these. No part of them is ever shown, even if split over tokens. */
  readonly stop?: readonly string[];
  /** Wall-clock time after which the answer ends with `finishReason: 'deadline'`. */
  readonly timeoutMs?: number;
  /** Continues from here as if the answer had never stopped; the answer and the `offset`s include its text. */
  readonly resumeFrom?: Checkpoint;
  /**
   * The answer is JSON of this schema, from its first character to its last, unless it ends early (`length`, `cancelled`, …).
   * `generateObject` makes it from a zod schema and parses the answer. If the request sets no `repetitionPenalty`, none applies, because
   * JSON repeats its punctuation.
   */
  readonly jsonSchema?: JsonSchema;
  /**
   * 0–100. Reports each token's log-probability in the result, with those of this many likeliest tokens. The probabilities are those of the
   * model's own distribution, before penalties, truncation and temperature.
   */
  readonly topLogprobs?: number;
  /** Identifies the conversation, so that its state can be found and forgotten. A wrong or missing key only costs time. */
  readonly cacheKey?: string;
  /** Requests with a higher priority are served first when requests wait. Default: 0. Backends without a queue of their own ignore it. */
  readonly priority?: number;
  /** Keeps this conversation's state on disk once the answer has ended, if the backend can; costs only disk space. */
  readonly snapshot?: boolean;
}

/** An answer so far. JSON-safe, so that it can be sent in an activity's heartbeat. */
export interface Checkpoint {
  /** Text shown to the user so far. */
  readonly text: string;
  /** Thoughts so far, which come before the text. */
  readonly thinking?: string;
  /**
   * All token ids of thoughts and answer so far. They may contain text that is not shown yet (an unfinished character, half a stop string).
   * They may also end before the text does; the rest of the text is then tokenized.
   */
  readonly tokens: readonly number[];
}

export interface GenerateOptions {
  readonly signal: AbortSignal;
  /** Called for each new piece of text, synchronously and in order. Must not throw. */
  readonly onDelta: (delta: TextDelta) => void;
  /**
   * Called before the first token, by backends that know their progress: while queued, at each change of the position; while reading, after
   * each slice of a long prompt. Must not throw.
   */
  readonly onProgress?: (progress: GenerateProgress) => void;
}

export interface GenerateProgress {
  /**
   * `loading`: the model is being loaded for this answer; `done` is 0 and `total` is 1.
   * `queued`: `done` is the position in the queue, 1 for the next request; `total` is the number of waiting requests.
   * `reading`: `done` of `total` tokens of the prompt are read, including those of an answer that is being continued.
   */
  readonly step: 'loading' | 'queued' | 'reading';
  readonly done: number;
  readonly total: number;
}

export interface TextDelta {
  /** The part that the text belongs to. Default: the answer. */
  readonly part?: 'thinking';
  /** Where `text` begins in its part, in UTF-16 units. */
  readonly offset: number;
  readonly text: string;
  /** Token ids chosen since the previous delta. */
  readonly tokens: readonly number[];
}

export interface GenerateResult {
  readonly text: string;
  /** The model's thoughts before the answer; missing if there are none. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** Decoding rate without prefill: output tokens per second of this attempt. */
  readonly tokensPerSecond: number;
  /** Time from the call to the first token. */
  readonly firstTokenMs: number;
  /** On request: one entry for each token that this attempt chose, including the one that ended the answer. */
  readonly logprobs?: readonly TokenLogprobs[];
}

export interface TokenLogprob {
  readonly token: number;
  /** Special tokens are shown by name; a part of a character as U+FFFD. */
  readonly text: string;
  /** Natural logarithm of the token's probability. */
  readonly logprob: number;
}

export interface TokenLogprobs extends TokenLogprob {
  /** The likeliest tokens, likeliest first. */
  readonly top: readonly TokenLogprob[];
}

export interface BeamSearchRequest {
  readonly prompt: Prompt;
  readonly maxOutputTokens: number;
  /** Number of continuations followed at the same time, 1–32. They share as many sequences as are free. */
  readonly width: number;
  /** Number of continuations to return, at most `width`. Default: 1. */
  readonly best?: number;
  /** Exponent of the ranking `logprob / tokens ** lengthPenalty`. 0 favours short continuations. Default: 1, the mean over the tokens. */
  readonly lengthPenalty?: number;
  readonly stop?: readonly string[];
  readonly timeoutMs?: number;
  readonly priority?: number;
}

export interface BeamSearchResult {
  /** Best first. */
  readonly beams: readonly Beam[];
  /** `outputTokens` counts those of the returned beams. */
  readonly usage: Usage;
}

export interface Beam {
  readonly text: string;
  /** Includes the token that ended it, which has no text. */
  readonly tokens: readonly number[];
  /** Natural logarithm of the continuation's probability in the model's own distribution: the sum over its tokens. */
  readonly logprob: number;
  readonly score: number;
  readonly finishReason: FinishReason;
}
