import { number, object, optional } from './schema.js';

/** How the next token is chosen from the model's distribution. All fields are optional; defaults: `DEFAULT_DECODING`. */
export interface Decoding {
  /** 0 is greedy: always the likeliest token. Range 0–2. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. */
  readonly topK?: number;
  /** Keep the likeliest tokens whose probabilities sum to this, 0–1; 1 keeps all. */
  readonly topP?: number;
  /** Keep tokens at least this fraction as likely as the likeliest, 0–1; 0 keeps all. */
  readonly minP?: number;
  /** Unsigned 32 bits. Equal seeds give equal text on the same machine, also after a resumption. */
  readonly seed?: number;
  /** Divides the logit of tokens that occurred in the last `repetitionWindow`; 1 is off. */
  readonly repetitionPenalty?: number;
  /** Number of tokens of the answer (never of the prompt) that the penalty considers. */
  readonly repetitionWindow?: number;
  /**
   * Number of tokens. The answer ends as `degenerate` once its newest tokens repeat the tokens right before them, at least twice and over
   * this many tokens. 0: never.
   */
  readonly repetitionLimit?: number;
  /** Strength of DRY, which penalises prolonging a repetition the more the longer it is; 0 is off, 0.8 is usual. */
  readonly dryMultiplier?: number;
  /** How fast DRY's penalty grows with each repeated token. */
  readonly dryBase?: number;
  /** Tokens that may be repeated before DRY penalises. */
  readonly dryAllowedLength?: number;
  /** Number of tokens of the answer (never of the prompt) that DRY considers. */
  readonly dryWindow?: number;
}

/** Greedy with a mild penalty: the same question gets the same answer. The penalty prevents the smallest models from repeating a sentence forever. */
export const DEFAULT_DECODING: Required<Decoding> = {
  temperature: 0,
  topK: 40,
  topP: 0.95,
  minP: 0,
  seed: 0,
  repetitionPenalty: 1.1,
  repetitionWindow: 64,
  repetitionLimit: 96,
  dryMultiplier: 0,
  dryBase: 1.75,
  dryAllowedLength: 2,
  dryWindow: 1024,
};

export function withDefaults(decoding: Decoding = {}): Required<Decoding> {
  return { ...DEFAULT_DECODING, ...decoding };
}

/** Maximum number of tokens that a penalty may consider; more than any context window. */
const MAX_WINDOW = 10_000_000;

export const decodingSchema = object<Decoding>({
  temperature: optional(number({ most: 2 })),
  topK: optional(number({ most: 10_000_000, whole: true })),
  topP: optional(number({ most: 1 })),
  minP: optional(number({ most: 1 })),
  seed: optional(number({ most: 0xffff_ffff, whole: true })),
  repetitionPenalty: optional(number({ least: 0.1, most: 10 })),
  repetitionWindow: optional(number({ most: MAX_WINDOW, whole: true })),
  repetitionLimit: optional(number({ most: MAX_WINDOW, whole: true })),
  dryMultiplier: optional(number({ most: 100 })),
  dryBase: optional(number({ most: 100 })),
  dryAllowedLength: optional(number({ most: MAX_WINDOW, whole: true })),
  dryWindow: optional(number({ most: MAX_WINDOW, whole: true })),
});
