import { stat } from 'node:fs/promises';
import { encoderTokens } from './encoder-tokens.js';
import { readGgufHead } from '../gguf/gguf-file.js';
import { openVocabulary } from '../vocabulary/open-vocabulary.js';
import { readUnigram } from '../unigram/read-unigram.js';

/** Counts what an encoder's engine would count, in this process and without its weights. */
export interface TokenCounting {
  /** Begin and end counted in. */
  count(text: string): number;
  dispose(): Promise<void>;
}

/**
 * Reads an encoder's vocabulary, into some 10 MB where it is understood, else into the engine's own tables, which may take hundreds.
 *
 * @throws {ModelError} `Model.Damaged`; else what llama.cpp does
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
