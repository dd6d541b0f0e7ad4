import type { EmbedOptions } from './embedding-model.js';
import { ModelError } from './model-error.js';

type Purpose = EmbedOptions['purpose'];

/** Prefixes that families of models expect before a text, selected by a pattern of the model's name. */
const FAMILIES: readonly { readonly name: RegExp; readonly before: Readonly<Record<Purpose, string>> }[] = [
  // Excludes models made from chat models, which expect an instruction. source: https://huggingface.co/intfloat/multilingual-e5-small,
  // "FAQ" 1
  { name: /e5-(?!mistral|\w+-instruct)/u, before: { query: 'query: ', passage: 'passage: ' } },
  // source: https://huggingface.co/nomic-ai/nomic-embed-text-v1.5, "Task instruction prefixes"
  { name: /nomic-embed-text/u, before: { query: 'search_query: ', passage: 'search_document: ' } },
];

const PLAIN: Readonly<Record<Purpose, string>> = { query: '', passage: '' };

/** The text that a model embeds: in Unicode NFKC, like the vocabularies of many languages, after the prefix that the model expects. */
export function embeddingText(modelId: string, purpose: Purpose, text: string): string {
  const family = FAMILIES.find(({ name }) => name.test(modelId.toLowerCase()));
  return (family?.before ?? PLAIN)[purpose] + text.normalize('NFKC');
}

/** @throws {ModelError} `Model.InvalidRequest` for a text without content: its vector would be near to nothing and to everything */
export function refuseEmptyTexts(modelId: string, texts: readonly string[]): void {
  const index = texts.findIndex((text) => text.trim() === '');
  if (index < 0) return;
  throw new ModelError(
    'Model.InvalidRequest',
    `Text ${index + 1} of ${texts.length} for model "${modelId}" is empty. Leave empty texts out.`,
    { details: { index } },
  );
}

export function textTooLong(
  modelId: string,
  index: number,
  { tokens, maxTokens, isExact = true }: { tokens: number; maxTokens: number; isExact?: boolean },
): ModelError {
  return new ModelError(
    'Model.ContextOverflow',
    `Text ${index + 1} has ${isExact ? '' : 'up to '}${tokens} tokens; model "${modelId}" embeds ${maxTokens} at once. Cut it into smaller chunks.`,
    { details: { index, promptTokens: tokens, contextTokens: maxTokens } },
  );
}

/** @throws {ModelError} `Model.Crashed` if the vector cannot come from this model; otherwise returns it at unit length. */
export function unitVector(modelId: string, values: ArrayLike<number>, dimensions: number): Float32Array {
  const vector = Float32Array.from(values);
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (vector.length !== dimensions || !Number.isFinite(length) || length === 0) {
    throw new ModelError(
      'Model.Crashed',
      `Model "${modelId}" gave a vector of ${vector.length} dimensions and length ${length}, where ${dimensions} dimensions were expected.`,
      { details: { dimensions: vector.length, expected: dimensions } },
    );
  }
  return vector.map((value) => value / length);
}
