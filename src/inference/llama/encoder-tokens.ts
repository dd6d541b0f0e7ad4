import { LlamaVocabularyType, type LlamaModel, type Token } from 'node-llama-cpp';

/**
 * A text's tokens as an encoder is given them, with begin and end as its vocabulary wants.
 *
 * The library itself leaves out the begin token of Unigram vocabularies (`t5`), which XLM-RoBERTa and its like have, and whose file says so.
 * source: ggml-org/llama.cpp, src/llama-vocab.cpp, `llama_vocab::impl::tokenize`, `LLAMA_VOCAB_TYPE_UGM`
 */
export function encoderTokens(model: LlamaModel, text: readonly Token[]): Token[] {
  const { tokens, vocabularyType } = model;
  const isWordPiece = vocabularyType === LlamaVocabularyType.wpm;
  const begin = isWordPiece || tokens.shouldPrependBosToken ? tokens.bos : null;
  const end = isWordPiece ? tokens.sep : tokens.shouldAppendEosToken ? tokens.eos : null;
  return [...(begin === null ? [] : [begin]), ...text, ...(end === null ? [] : [end])];
}
