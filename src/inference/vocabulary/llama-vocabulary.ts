import type { LlamaModel, Token } from 'node-llama-cpp';

/** A model's tokens as plain numbers. */
export interface Vocabulary {
  /** `text` as plain text: special tokens that it spells stay text. */
  readonly tokenize: (text: string) => number[];
  /** `previous` holds the preceding tokens, which determine leading spaces in some vocabularies. Special tokens give no text. */
  readonly detokenize: (tokens: readonly number[], previous: readonly number[]) => string;
  /** The text of a token; special tokens are shown by name. */
  readonly nameOf: (token: number) => string;
  /** Whether the model has this token. */
  readonly isToken: (token: number) => boolean;
  /** Whether this token ends the model's answer. */
  readonly isEnd: (token: number) => boolean;
  /** Whether a repetition may start anew after this token: it ends a line, a clause or a quotation. */
  readonly isBreaker: (token: number) => boolean;
}

/** DRY's usual sequence breakers, and the full stops of Chinese. */
const BREAKER = /[\n:"*。：]/u;

export function vocabularyOf(model: LlamaModel): Vocabulary {
  // Token ids also come from checkpoints; a foreign one must not reach native code.
  const size = model.fileInfo.metadata.tokenizer?.ggml.tokens.length ?? Number.MAX_SAFE_INTEGER;
  const breakers = new Map<number, boolean>();
  const isToken = (token: number): token is Token => Number.isInteger(token) && token >= 0 && token < size;
  return {
    tokenize: (text) => model.tokenize(text, false),
    detokenize: (tokens, previous) => model.detokenize(tokens.filter(isToken), false, previous.filter(isToken)),
    nameOf: (token) => (isToken(token) ? model.detokenize([token], true) : ''),
    isToken,
    isEnd: (token) => isToken(token) && model.isEogToken(token),
    isBreaker: (token) => {
      const known = breakers.get(token);
      if (known !== undefined) return known;
      const breaks = isToken(token) && BREAKER.test(model.detokenize([token]));
      breakers.set(token, breaks);
      return breaks;
    },
  };
}
