import type { FinishReason, Role, Usage } from '../domain/session/conversation.js';
import type { Decoding } from '../domain/decoding.js';
import type { JsonSchema } from '../domain/json-schema.js';

/**
 * What the activities need of a model, and all that a backend must offer. A model is stateless to its callers: every request
 * carries its whole prompt. What a backend remembers (KV cache) only makes it faster.
 */
export interface LanguageModel {
  /** Name in results, task queues and the UI, e.g. `smollm2-135m-instruct`. */
  readonly modelId: string;
  /** Tokens that prompt and answer may take together. */
  readonly contextTokens: number;
  /** Requests that it answers at the same time; more wait in it. Missing where the backend does not tell. */
  readonly sequences?: number;
  readonly capabilities: ModelCapabilities;
  /** Exact length of the prompt as the model will see it: template, special tokens and all. */
  countPromptTokens(prompt: Prompt): Promise<number>;
  /**
   * Writes an answer. Resolves with the whole of it, also when it was cancelled (`finishReason: 'cancelled'`, the partial
   * text kept). After `signal` aborts, at most one more token is evaluated.
   *
   * @throws {ModelError} with the `type` that the failure has for users; never a plain Error for a foreseeable case.
   */
  generate(request: GenerateRequest, options: GenerateOptions): Promise<GenerateResult>;
  /**
   * The likeliest continuations of a prompt. Resolves with what was found, also when cancelled or late.
   *
   * @throws {ModelError} as `generate` does; `Model.Unsupported` without the capability.
   */
  beamSearch(request: BeamSearchRequest, options: BeamSearchCallOptions): Promise<BeamSearchResult>;
  /** Drops the state that is kept of a conversation (`cacheKey`), in memory and on disk. Does nothing where there is none. */
  forget(cacheKey: string): Promise<void>;
  /** Ends running requests (as cancelled) and frees memory. A second call does nothing. */
  dispose(): Promise<void>;
}

/** How far a search is: continuations of `done` tokens are known, of `total` at most. It may end sooner. */
export interface BeamSearchProgress {
  readonly done: number;
  readonly total: number;
}

export interface BeamSearchCallOptions extends Pick<GenerateOptions, 'signal'> {
  /** Called after each token of the continuations. */
  readonly onStep?: (progress: BeamSearchProgress) => void;
}

/**
 * What a backend can do. Whoever needs something asks when the model is opened (`requireCapabilities`); a request for what it
 * cannot do is refused before any work (`Model.Unsupported`).
 */
export interface ModelCapabilities {
  /** Continuation of raw text, `{ type: 'text' }`. */
  readonly text: boolean;
  readonly beamSearch: boolean;
  /** Most that `topLogprobs` may ask for; -1 when log-probabilities are not told. */
  readonly topLogprobs: number;
  /** Answers that are JSON of a given schema. */
  readonly json: boolean;
  /** Fields of `Decoding` that it obeys. */
  readonly decoding: ReadonlySet<string>;
}

export interface ChatMessage {
  readonly role: Role;
  readonly text: string;
  /** Assistant messages only: the thoughts before the text. The model's template decides whether later prompts hold them. */
  readonly thinking?: string;
}

export type Prompt =
  /**
   * Rendered by the model's own chat template. The persona is the system message, first and whole; user text is never given a
   * system role, and special tokens spelled out in any text stay plain text. The last message is the user's.
   */
  | {
      readonly type: 'chat';
      readonly persona?: string;
      readonly messages: readonly ChatMessage[];
      /** Whether the model thinks before it answers. Default: what its template does without being told. */
      readonly thinking?: boolean;
    }
  /** Raw continuation, nothing added but the model's begin-of-text token. */
  | { readonly type: 'text'; readonly text: string };

export interface GenerateRequest {
  readonly prompt: Prompt;
  /** Thoughts count as well. */
  readonly maxOutputTokens: number;
  /** Thoughts are closed after this many tokens, and the answer begins. Default: no limit of their own. */
  readonly maxThinkingTokens?: number;
  readonly decoding?: Decoding;
  /** The answer ends before the first of these; none of it is ever shown, also when split over tokens. */
  readonly stop?: readonly string[];
  /** Wall-clock time after which the answer ends with `finishReason: 'deadline'`. */
  readonly timeoutMs?: number;
  /** Go on from here as if never stopped; the answer and `offset`s include its text. */
  readonly resumeFrom?: Checkpoint;
  /**
   * The answer is JSON of this schema, from its first character to its last, unless it ends early (`length`, `cancelled`, …).
   * `generateObject` makes it from a zod schema and parses the answer. Without a `repetitionPenalty` of its own there is none:
   * JSON repeats its marks.
   */
  readonly jsonSchema?: JsonSchema;
  /**
   * 0–100. Tell each token's log-probability in the result, with those of this many likeliest ones. Of the model's own
   * distribution: penalties, truncation and temperature do not count.
   */
  readonly topLogprobs?: number;
  /** Whose conversation this is, so that its state can be found and forgotten. Wrong or missing only costs time. */
  readonly cacheKey?: string;
  /** Higher ones are served first when requests wait. Default: 0. Backends without a queue of their own ignore it. */
  readonly priority?: number;
  /** Keep this conversation's state on disk once the answer has ended, where the backend can; costs only disk space. */
  readonly snapshot?: boolean;
}

/** An answer so far. JSON-safe, so that it may travel in an activity's heartbeat. */
export interface Checkpoint {
  /** Text shown to the user so far. */
  readonly text: string;
  /** Thoughts so far, which come before the text. */
  readonly thinking?: string;
  /**
   * All token ids of thoughts and answer so far; they may hold text not shown yet (an unfinished character, half a stop string). They may also
   * stop short of the text, of which the rest is then tokenized.
   */
  readonly tokens: readonly number[];
}

export interface GenerateOptions {
  readonly signal: AbortSignal;
  /** Called for each new piece of text, synchronously and in order. Must not throw. */
  readonly onDelta: (delta: TextDelta) => void;
  /**
   * Called while the first token is awaited, by backends that know how far it is: when it has to wait in a queue, at each change of its
   * place there, and after each slice of a long prompt. Must not throw.
   */
  readonly onProgress?: (progress: GenerateProgress) => void;
}

export interface GenerateProgress {
  /**
   * `loading`: the model is being loaded for this answer; `done` is 0 and `total` is 1.
   * `queued`: `done` is the place in the queue, 1 for the next one, `total` is how many wait.
   * `reading`: `done` tokens of the prompt are read, of `total`; those of an answer that is gone on with count as well.
   */
  readonly step: 'loading' | 'queued' | 'reading';
  readonly done: number;
  readonly total: number;
}

export interface TextDelta {
  /** What the text is part of. Default: the answer. */
  readonly part?: 'thinking';
  /** Where `text` begins in its part, in UTF-16 units. */
  readonly offset: number;
  readonly text: string;
  /** Token ids chosen since the delta before. */
  readonly tokens: readonly number[];
}

export interface GenerateResult {
  readonly text: string;
  /** What the model thought before it answered; missing where it did not. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** Rate of decoding, without prefill: output tokens a second of this attempt. */
  readonly tokensPerSecond: number;
  /** From the call to the first token. */
  readonly firstTokenMs: number;
  /** Where asked: one for each token that this attempt chose, the one that ended the answer included. */
  readonly logprobs?: readonly TokenLogprobs[];
}

export interface TokenLogprob {
  readonly token: number;
  /** Special tokens by name; a part of a character as U+FFFD. */
  readonly text: string;
  /** Natural logarithm of its probability. */
  readonly logprob: number;
}

export interface TokenLogprobs extends TokenLogprob {
  /** The likeliest ones, likeliest first. */
  readonly top: readonly TokenLogprob[];
}

export interface BeamSearchRequest {
  readonly prompt: Prompt;
  readonly maxOutputTokens: number;
  /** Continuations followed at the same time, 1–32. They are served by as many sequences as are free. */
  readonly width: number;
  /** Continuations wanted, at most `width`. Default: 1. */
  readonly best?: number;
  /** They are ranked by `logprob / tokens ** lengthPenalty`. 0 favours short ones. Default: 1, the mean over the tokens. */
  readonly lengthPenalty?: number;
  readonly stop?: readonly string[];
  readonly timeoutMs?: number;
  readonly priority?: number;
}

export interface BeamSearchResult {
  /** Best first. */
  readonly beams: readonly Beam[];
  /** `outputTokens` are those of the beams given back. */
  readonly usage: Usage;
}

export interface Beam {
  readonly text: string;
  /** With the token that ended it, which is no text. */
  readonly tokens: readonly number[];
  /** Natural logarithm of its probability in the model's own distribution: the sum over its tokens. */
  readonly logprob: number;
  readonly score: number;
  readonly finishReason: FinishReason;
}
