/** How the next token is chosen from the model's distribution. All fields optional; defaults: `DEFAULT_DECODING`. */
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
  /** Divides the logit of tokens seen in the last `repetitionWindow`; 1 is off. */
  readonly repetitionPenalty?: number;
  /** Tokens of the answer (never of the prompt) that the penalty looks back on. */
  readonly repetitionWindow?: number;
}

/**
 * Greedy with a mild penalty: the same question gets the same answer. The penalty keeps models of the smallest size from
 * repeating a sentence for ever.
 */
export const DEFAULT_DECODING: Required<Decoding> = {
  temperature: 0,
  topK: 40,
  topP: 0.95,
  minP: 0,
  seed: 0,
  repetitionPenalty: 1.1,
  repetitionWindow: 64,
};

export function withDefaults(decoding: Decoding = {}): Required<Decoding> {
  return { ...DEFAULT_DECODING, ...decoding };
}
