import type { EmbedOptions } from './embedding-model.js';
import { ModelError } from './model-error.js';

type Purpose = EmbedOptions['purpose'];

/** What a family of models wants before a text, by what their names have in common. */
const FAMILIES: readonly { readonly name: RegExp; readonly before: Readonly<Record<Purpose, string>> }[] = [
  // Not those made from chat models, which want an instruction. source: https://huggingface.co/intfloat/multilingual-e5-small, "FAQ" 1
  { name: /e5-(?!mistral|\w+-instruct)/u, before: { query: 'query: ', passage: 'passage: ' } },
  // source: https://huggingface.co/nomic-ai/nomic-embed-text-v1.5, "Task instruction prefixes"
  { name: /nomic-embed-text/u, before: { query: 'search_query: ', passage: 'search_document: ' } },
];

const PLAIN: Readonly<Record<Purpose, string>> = { query: '', passage: '' };

/** What a model embeds for a text: in Unicode NFKC, as vocabularies of many languages are made, with what the model wants before it. */
export function embeddingText(modelId: string, purpose: Purpose, text: string): string {
  const family = FAMILIES.find(({ name }) => name.test(modelId.toLowerCase()));
  return (family?.before ?? PLAIN)[purpose] + text.normalize('NFKC');
}

/** @throws {ModelError} `Model.InvalidRequest` when one has nothing in it: its vector would be near to nothing and to everything */
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

/** @throws {ModelError} `Model.Crashed` when the vector is none of this model's; else the same with unit length. */
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
