import { LlamaVocabularyType, type LlamaModel, type Token } from 'node-llama-cpp';

/**
 * Adds begin and end tokens to a text's tokens as the encoder's vocabulary requires.
 *
 * The library itself omits the begin token of Unigram vocabularies (`t5`), although XLM-RoBERTa and similar models have one and their files
 * declare it.
 * source: ggml-org/llama.cpp, src/llama-vocab.cpp, `llama_vocab::impl::tokenize`, `LLAMA_VOCAB_TYPE_UGM`
 */
export function encoderTokens(model: LlamaModel, text: readonly Token[]): Token[] {
  const { tokens, vocabularyType } = model;
  const isWordPiece = vocabularyType === LlamaVocabularyType.wpm;
  const begin = isWordPiece || tokens.shouldPrependBosToken ? tokens.bos : null;
  const end = isWordPiece ? tokens.sep : tokens.shouldAppendEosToken ? tokens.eos : null;
  return [...(begin === null ? [] : [begin]), ...text, ...(end === null ? [] : [end])];
}
