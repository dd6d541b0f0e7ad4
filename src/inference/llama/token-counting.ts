import { stat } from 'node:fs/promises';
import { encoderTokens } from './encoder-tokens.js';
import { readGgufHead } from '../gguf/gguf-file.js';
import { openVocabulary } from '../vocabulary/open-vocabulary.js';
import { readUnigram } from '../unigram/read-unigram.js';

/** Counts tokens exactly as an encoder's engine does, in this process and without the weights. */
export interface TokenCounting {
  /** The count includes begin and end. */
  count(text: string): number;
  dispose(): Promise<void>;
}

/**
 * Reads an encoder's vocabulary. This takes some 10 MB if its format is supported; otherwise the engine's own tables are used, which may
 * take hundreds.
 *
 * @throws {ModelError} `Model.Damaged`; also errors of llama.cpp
 */
export async function openTokenCounting(modelId: string, modelPath: string): Promise<TokenCounting> {
  const vocabulary = readUnigram(await readGgufHead(modelId, modelPath, (await stat(modelPath)).size));
  if (!('reason' in vocabulary)) {
    const { tokenizer, around } = vocabulary;
    return { count: (text) => tokenizer.tokenize(text).length + around, dispose: () => Promise.resolve() };
  }
  const model = await openVocabulary(modelPath);
  return {
    count: (text) => encoderTokens(model, model.tokenize(text, false)).length,
    dispose: () => model.dispose(),
  };
}
