import type { LlamaModel, Token } from 'node-llama-cpp';

/** A model's tokens as plain numbers. */
export interface Vocabulary {
  /** `text` as plain text: special tokens that it spells stay text. */
  readonly tokenize: (text: string) => number[];
  /** `previous` are the tokens before, which decide about leading spaces in some vocabularies. Special tokens are no text. */
  readonly detokenize: (tokens: readonly number[], previous: readonly number[]) => string;
  /** Whether the model ends its answer by this token. */
  readonly isEnd: (token: number) => boolean;
}

export function vocabularyOf(model: LlamaModel): Vocabulary {
  return {
    tokenize: (text) => model.tokenize(text, false),
    detokenize: (tokens, previous) => model.detokenize(tokens.map(toToken), false, previous.map(toToken)),
    isEnd: (token) => model.isEogToken(toToken(token)),
  };
}

/** node-llama-cpp brands its tokens; ours come from it, or from a checkpoint of it, and an unknown one spells nothing. */
function toToken(token: number): Token {
  return token as Token;
}
