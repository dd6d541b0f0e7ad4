import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encoderTokens } from '../llama/encoder-tokens.js';
import { ModelError } from '../model-error.js';
import { openVocabulary } from '../vocabulary/open-vocabulary.js';
import { vocabularyFile } from './vocabulary-file.js';

/** Tokenizes for a model on a server exactly as Ollama does for a raw prompt. */
export interface OllamaVocabulary {
  /** The count is exact and includes the begin-of-text token if the model needs one. */
  count(text: string): number;
  /** Counts a text to embed: special tokens that it spells stay text, and the tokens that encoders put before and after it are included. */
  countText(text: string): number;
  /** Texts that are tokens of their own wherever they occur, except plain words, blanks and runs of one character. */
  readonly specialTexts: readonly string[];
  /** The begin-of-text token as text; empty if there is none. */
  readonly beginText: string;
  /** Whether the server puts the begin-of-text token before every raw prompt. */
  readonly beginsItself: boolean;
  dispose(): Promise<void>;
}

/** source: https://github.com/ggml-org/llama.cpp/blob/b5000/include/llama.h, `enum llama_token_type` */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

/**
 * Opens the vocabulary that Ollama reports for a model, without its weights, which takes some milliseconds and megabytes.
 *
 * @throws {ModelError} `Model.Unsupported` when there is none, or one that llama.cpp cannot read
 */
export async function openOllamaVocabulary(
  modelId: string,
  modelInfo: Readonly<Record<string, unknown>>,
): Promise<OllamaVocabulary> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-vocabulary-'));
  try {
    const modelPath = join(folder, 'vocabulary.gguf');
    await writeFile(modelPath, vocabularyFile(modelId, modelInfo));
    const model = await openVocabulary(modelPath);
    const begins = model.tokens.shouldPrependBosToken ? 1 : 0;
    return {
      count: (text) => model.tokenize(text, true).length + begins,
      countText: (text) => encoderTokens(model, model.tokenize(text, false)).length,
      specialTexts: specialTextsOf(modelInfo),
      beginText: model.tokens.bosString ?? '',
      beginsItself: begins === 1,
      dispose: () => model.dispose(),
    };
  } catch (error) {
    if (error instanceof ModelError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new ModelError(
      'Model.Unsupported',
      `The vocabulary that Ollama reports for model "${modelId}" cannot be read (${detail}). Use the GGUF file of the model.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function specialTextsOf(modelInfo: Readonly<Record<string, unknown>>): string[] {
  const tokens = modelInfo['tokenizer.ggml.tokens'];
  const types = modelInfo['tokenizer.ggml.token_type'];
  if (!Array.isArray(tokens) || !Array.isArray(types)) return [];
  return tokens.filter(
    (text, index): text is string =>
      typeof text === 'string' &&
      (types[index] === CONTROL || types[index] === UNKNOWN || (types[index] === USER_DEFINED && !isPlain(text))),
  );
}

/** Some vocabularies have tokens for plain words, blanks and runs of one character. They have no meaning in a template. */
function isPlain(text: string): boolean {
  return /^[\p{L}\p{N}\p{M}\s_▁]*$/u.test(text) || /^(.)\1*$/su.test(text);
}
