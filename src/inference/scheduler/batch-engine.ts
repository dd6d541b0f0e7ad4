/**
 * The part of llama.cpp that the scheduler uses: one context of several sequences, evaluated one batch at a time. Calls must not overlap.
 */
export interface BatchEngine {
  readonly sequences: number;
  /** Tokens that each sequence can hold. */
  readonly contextTokens: number;
  /** Maximum number of tokens in a batch. */
  readonly batchTokens: number;
  /**
   * Evaluates all items in one batch and samples a token for each that has `sample`; the result for the others is undefined. Order as
   * given.
   */
  run(items: readonly BatchItem[]): Promise<(SampledToken | undefined)[]>;
  /** Keeps the first `length` tokens of a sequence. False if the model cannot do that (recurrent ones); then nothing is kept. */
  truncate(sequence: number, length: number): boolean;
  /** Copies the content of `from` to `to`. False if the engine cannot; then `to` is empty. */
  copy(from: number, to: number): Promise<boolean>;
  /** Writes the content of a sequence, which is `tokens`, to a file. */
  save(sequence: number, tokens: readonly number[], path: string): Promise<void>;
  /** Loads the content of a sequence from a file. Throws if the file does not belong to this model and context; then the sequence is empty. */
  load(sequence: number, path: string): Promise<void>;
  /** @throws when the grammar is invalid. */
  createSampler(grammar?: SamplerGrammar): TokenSampler;
  dispose(): Promise<void>;
}

export interface BatchItem {
  readonly sequence: number;
  /** Position in the sequence where `tokens` begin; all tokens before it must have been evaluated. */
  readonly position: number;
  readonly tokens: readonly number[];
  readonly sample?: {
    readonly sampler: TokenSampler;
    readonly settings: SamplingSettings;
    /** Number of likeliest tokens to report with the chosen one. Default: none, and not the chosen one's probability either. */
    readonly topLogprobs?: number;
  };
}

export interface SampledToken {
  readonly token: number;
  /** Only if requested. */
  readonly logprobs?: SampledLogprobs;
}

/** Natural logarithms of probabilities in the model's own distribution, before penalties, truncation and temperature. */
export interface SampledLogprobs {
  /** Log-probability of the chosen token. */
  readonly chosen: number;
  /** The likeliest tokens, likeliest first. */
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

/** A grammar that sampled tokens must follow; all other tokens are excluded. At its end only tokens that end the answer are allowed. */
export interface SamplerGrammar {
  /** GBNF, with a rule `root`. */
  readonly source: string;
  /** Tokens chosen before. */
  readonly accepted: readonly number[];
}

/** Holds the native memory of one request's sampling. */
export interface TokenSampler {
  dispose(): void;
}

/** How to choose one token. Everything is explicit and nothing is left to the engine's defaults (its default seed is the time of day). */
export interface SamplingSettings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** Unsigned 32 bits, only for this token. */
  readonly seed: number;
  readonly repetitionPenalty: number;
  /** Tokens whose logits are penalised, oldest first. */
  readonly penalisedTokens: readonly number[];
  /** Maximum length of `penalisedTokens` in this request. */
  readonly repetitionWindow: number;
  /** Added to logits before everything else. */
  readonly logitBias: ReadonlyMap<number, number>;
}
