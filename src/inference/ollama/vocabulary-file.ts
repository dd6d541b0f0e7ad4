import { ModelError } from '../model-error.js';

/** A value of `model_info` in Ollama's `/api/show`, which does not include the GGUF types of numbers. */
type Value = string | number | boolean | readonly (string | number)[];

/** source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "File Structure" */
const TYPES = { uint8: 0, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const VERSION = 3;

/** Keys of arrays whose numbers are not 32-bit integers. */
const ARRAY_TYPES: Readonly<Record<string, 'float32' | 'uint8'>> = {
  'tokenizer.ggml.scores': 'float32',
  'tokenizer.ggml.precompiled_charsmap': 'uint8',
};

/**
 * Builds a GGUF file with only a vocabulary and no weights from a server's description of its model; llama.cpp opens it as `vocabOnly`.
 * This makes counting exact, also for a model on another machine.
 *
 * @param modelInfo `model_info` of `/api/show` with `verbose: true`
 * @throws {ModelError} `Model.Unsupported` when the server does not return the vocabulary
 */
export function vocabularyFile(modelId: string, modelInfo: Readonly<Record<string, unknown>>): Buffer {
  const entries = Object.entries(modelInfo).filter(
    (entry): entry is [string, Value] => entry[0].startsWith('tokenizer.ggml.') && isValue(entry[1]),
  );
  const tokens = modelInfo['tokenizer.ggml.tokens'];
  if (!Array.isArray(tokens) || tokens.length === 0) {
    throw new ModelError(
      'Model.Unsupported',
      `Ollama does not report the vocabulary of model "${modelId}", so that prompts cannot be counted before Ollama cuts them. ` +
        'Use the GGUF file of the model.',
    );
  }
  // The architecture only determines how to read weights, and this file has none.
  const all: [string, Value][] = [['general.architecture', 'llama'], ...entries];
  return Buffer.concat([
    Buffer.from('GGUF'),
    uint32(VERSION),
    uint64(0),
    uint64(all.length),
    ...all.flatMap(([key, value]) => [text(key), ...typed(key, value)]),
  ]);
}

function isValue(value: unknown): value is Value {
  if (Array.isArray(value)) return value.every((one) => typeof one === typeof value[0]);
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function typed(key: string, value: Value): Buffer[] {
  if (typeof value === 'string') return [uint32(TYPES.string), text(value)];
  if (typeof value === 'boolean') return [uint32(TYPES.bool), Buffer.from([value ? 1 : 0])];
  if (typeof value === 'number') return [uint32(TYPES.uint32), uint32(value)];
  return [uint32(TYPES.array), ...array(key, value)];
}

function array(key: string, values: readonly (string | number)[]): Buffer[] {
  const count = uint64(values.length);
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length > 0) return [uint32(TYPES.string), count, ...texts.map((value) => text(value))];
  const numbers = values.filter((value) => typeof value === 'number');
  const type = ARRAY_TYPES[key] ?? 'int32';
  switch (type) {
    case 'float32':
      return [uint32(TYPES.float32), count, Buffer.from(Float32Array.from(numbers).buffer)];
    case 'uint8':
      return [uint32(TYPES.uint8), count, Buffer.from(numbers)];
    case 'int32':
      return [uint32(TYPES.int32), count, Buffer.from(Int32Array.from(numbers).buffer)];
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
