/**
 * The part of llama.cpp that the scheduler drives: one context of several sequences, evaluated a batch at a time. Calls must
 * not overlap.
 */
export interface BatchEngine {
  readonly sequences: number;
  /** Tokens that each sequence can hold. */
  readonly contextTokens: number;
  /** Most tokens of one batch. */
  readonly batchTokens: number;
  /**
   * Evaluates all items in one batch and samples a token for each that has `sample`; the others give undefined. Order as given.
   */
  run(items: readonly BatchItem[]): Promise<(SampledToken | undefined)[]>;
  /** Keeps the first `length` tokens of a sequence. False when the model cannot (recurrent ones): then nothing is kept. */
  truncate(sequence: number, length: number): boolean;
  /** Makes `to` hold what `from` holds. False when the engine cannot: then `to` is empty. */
  copy(from: number, to: number): Promise<boolean>;
  /** Writes what a sequence holds, which is `tokens`, to a file. */
  save(sequence: number, tokens: readonly number[], path: string): Promise<void>;
  /** Makes a sequence hold what a file does. Throws when the file is not of this model and context; then it is empty. */
  load(sequence: number, path: string): Promise<void>;
  /** @throws when the grammar is none. */
  createSampler(grammar?: SamplerGrammar): TokenSampler;
  dispose(): Promise<void>;
}

export interface BatchItem {
  readonly sequence: number;
  /** Where in the sequence `tokens` begin: all before them must have been evaluated. */
  readonly position: number;
  readonly tokens: readonly number[];
  readonly sample?: {
    readonly sampler: TokenSampler;
    readonly settings: SamplingSettings;
    /** How many of the likeliest tokens are told with the one chosen. Default: none, nor the chosen one's own probability. */
    readonly topLogprobs?: number;
  };
}

export interface SampledToken {
  readonly token: number;
  /** Where asked. */
  readonly logprobs?: SampledLogprobs;
}

/** Natural logarithms of probabilities in the model's own distribution, before penalties, truncation and temperature. */
export interface SampledLogprobs {
  /** Of the chosen token. */
  readonly chosen: number;
  /** The likeliest tokens, likeliest first. */
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

/** What sampled tokens must spell; all others are excluded. At its end only tokens that end the answer are left. */
export interface SamplerGrammar {
  /** GBNF, with a rule `root`. */
  readonly source: string;
  /** Tokens chosen before. */
  readonly accepted: readonly number[];
}

/** Native memory of one request's sampling. */
export interface TokenSampler {
  dispose(): void;
}

/** How one token is chosen: everything explicit, nothing left to the engine's defaults (its seed is the time of day). */
export interface SamplingSettings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** Unsigned 32 bits, for this token alone. */
  readonly seed: number;
  readonly repetitionPenalty: number;
  /** Tokens whose logits are penalised, oldest first. */
  readonly penalisedTokens: readonly number[];
  /** Most that `penalisedTokens` ever holds in this request. */
  readonly repetitionWindow: number;
  /** Added to logits before all else. */
  readonly logitBias: ReadonlyMap<number, number>;
}
