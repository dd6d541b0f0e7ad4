import { architectureOf } from '../gguf/architecture-facts.js';
import type { GgufEntryPlace } from '../gguf/gguf-header.js';
import type { GgufHead } from '../gguf/gguf-file.js';
import { UnigramTokenizer } from './unigram-tokenizer.js';

/** A model's vocabulary, read without the engine's tables. */
export interface ReadUnigram {
  readonly tokenizer: UnigramTokenizer;
  readonly pieces: number;
  /** Number of tokens around each text: begin and end. */
  readonly around: number;
}

/**
 * Reads the vocabulary of an encoder like XLM-RoBERTa from a file's header.
 *
 * @returns the vocabulary, or the reason why it was not read, as the end of a sentence: a vocabulary that this code may not cut as the
 *   engine does is left to the engine
 */
export function readUnigram({ header, bytes }: GgufHead): ReadUnigram | { readonly reason: string } {
  const { metadata, places } = header;
  const flag = (key: string, missing: boolean): boolean => {
    const found = metadata.get(`tokenizer.ggml.${key}`);
    return typeof found === 'boolean' ? found : missing;
  };
  const place = (key: string): GgufEntryPlace | undefined => places.get(`tokenizer.ggml.${key}`);
  const architecture = architectureOf(metadata);
  if (architecture !== 'bert') return { reason: `its architecture is ${JSON.stringify(architecture.slice(0, 60))}` };
  if (metadata.get('tokenizer.ggml.model') !== 't5') return { reason: 'its vocabulary is not of the Unigram kind' };
  const foreign = FOREIGN_KEYS.find((key) => place(key) !== undefined || places.has(`tokenizer.${key}`));
  if (foreign !== undefined) return { reason: `its vocabulary has "${foreign}"` };
  const unknown = metadata.get('tokenizer.ggml.unknown_token_id') ?? DEFAULT_UNKNOWN;
  const [tokens, scored, typed] = [place('tokens'), place('scores'), place('token_type')];
  if (tokens === undefined || scored === undefined || typed === undefined || typeof unknown !== 'number') {
    return { reason: 'its vocabulary lacks scores or types' };
  }
  const scores = numbersAt(bytes, scored, FLOAT32);
  const types = numbersAt(bytes, typed, INT32);
  const names = textsAt(bytes, tokens);
  if (names === undefined || scores?.length !== names.length || types?.length !== names.length) {
    return { reason: 'its pieces, scores and types are not of the same number' };
  }
  let least = Infinity;
  for (const [id, type] of types.entries()) {
    const name = names[id] ?? '';
    if (type === USER_DEFINED) return { reason: 'it has pieces that a user defined' };
    if (type === NORMAL) least = Math.min(least, scores[id] ?? Infinity);
    // The engine treats tokens with some names as special, whatever their type; the tokenizer here would not.
    if (type === NORMAL && SPECIAL_NAME.test(name)) return { reason: 'it has special tokens among its pieces' };
    if (type !== NORMAL && type !== UNUSED) names[id] = undefined;
  }
  const tokenizer = new UnigramTokenizer({
    pieces: names,
    scores: Float32Array.from(scores),
    unknown,
    unknownScore: Math.fround(least - UNKNOWN_PENALTY),
    addsSpace: flag('add_space_prefix', false),
    mergesSpaces: flag('remove_extra_whitespaces', false),
  });
  const around = Number(flag('add_bos_token', false)) + Number(flag('add_eos_token', true));
  return { tokenizer, pieces: names.length, around };
}

/** Keys under `tokenizer.ggml.` or `tokenizer.` that change how texts are cut, or that need the words themselves later. */
const FOREIGN_KEYS = ['precompiled_charsmap', 'merges', 'escape_whitespaces', 'chat_template.rerank'];
const SPECIAL_NAME = /^(?:[_\xe2\x96\x81]*<(?!mask>).{2,}>|\[[A-Z]{2,}\])$/u;
// source: ggml-org/llama.cpp, include/llama.h, `enum llama_token_type`; the others are unknown 2, control 3 and byte 6
const [NORMAL, USER_DEFINED, UNUSED] = [1, 4, 5];
// source: ggml-org/llama.cpp, src/llama-vocab.cpp, `llama_vocab::impl::load`, tokenizer model "t5", and `llm_tokenizer_ugm`
const DEFAULT_UNKNOWN = 2;
const UNKNOWN_PENALTY = 10;
// source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `gguf_metadata_value_type`
const [INT32, FLOAT32, STRING, ARRAY] = [5, 6, 8, 9];
/** Bytes of the value's type, the element type, and the number of elements. */
const ARRAY_HEAD_BYTES = 16;

function elementsAt(bytes: Buffer, { value }: GgufEntryPlace, type: number | undefined): number | undefined {
  if (bytes.readUInt32LE(value) !== ARRAY || bytes.readUInt32LE(value + 4) !== type) return undefined;
  return Number(bytes.readBigUInt64LE(value + 8));
}

function numbersAt(bytes: Buffer, place: GgufEntryPlace, type: number | undefined) {
  const length = elementsAt(bytes, place, type);
  if (length === undefined) return undefined;
  const start = place.value + ARRAY_HEAD_BYTES;
  const copy = Uint8Array.from(bytes.subarray(start, start + length * 4)).buffer;
  return type === FLOAT32 ? new Float32Array(copy) : new Int32Array(copy);
}

function textsAt(bytes: Buffer, place: GgufEntryPlace): (string | undefined)[] | undefined {
  const length = elementsAt(bytes, place, STRING);
  if (length === undefined) return undefined;
  let at = place.value + ARRAY_HEAD_BYTES;
  return Array.from({ length }, () => {
    const size = Number(bytes.readBigUInt64LE(at));
    at += 8 + size;
    return bytes.toString('latin1', at - size, at);
  });
}
