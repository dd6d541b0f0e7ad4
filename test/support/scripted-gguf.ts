import { writeGguf, type GgufTensor, type GgufValue } from '../../src/artefacts/gguf-writer.js';

/** A model that writes one text, whatever it is asked. */
export interface ScriptedGguf {
  /** What it writes, one token a piece, no piece twice. Special tokens among them are written as such. */
  readonly script: readonly string[];
  readonly template: string;
  /** The token that the script follows, e.g. the last one of the template's generation prompt; a special one, or of one byte. */
  readonly after: string;
  readonly specials: readonly string[];
  readonly endToken: string;
  /** What it writes after other tokens than those of the script. Default: the end. */
  readonly detours?: Readonly<Record<string, string>>;
  /** Values of weights that do nothing, so that each token takes its time: 10 million cost about 1 ms. Default: next to none. */
  readonly idleWeights?: number;
  readonly contextTokens?: number;
}

const HEAD = 32;

/** source: `llama_token_type` in llama.cpp's include/llama.h */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

/**
 * Writes a GGUF file of llama.cpp's architecture "llama" with byte-level BPE, whose embeddings are unit vectors and whose output layer names
 * the next token of the script: its attention and feed-forward layers are nought. A new file, of some hundred kilobytes.
 */
export async function writeScriptedGguf(path: string, options: ScriptedGguf): Promise<void> {
  const { script, template, after, specials, endToken, detours = {}, idleWeights = 0, contextTokens = 4096 } = options;
  // Defined by the user, as llama.cpp calls it: found in any text, so that what was written is read as the same tokens.
  const pieces = [...script, ...Object.values(detours)].filter((piece) => !specials.includes(piece));
  const bytes = Array.from({ length: 256 }, (_, byte) => letterOf(byte));
  const tokens = [...new Set([...bytes, ...specials, ...pieces])];
  const idOf = (piece: string): number => tokens.indexOf(tokens.includes(piece) ? piece : spellingOf(piece));

  const typeOf = (token: string): number =>
    specials.includes(token) ? CONTROL : pieces.includes(token) ? USER_DEFINED : NORMAL;

  const count = tokens.length;
  const width = Math.ceil(count / 64) * 64;
  const next = new Map<number, number>();
  const chain = [after, ...script, endToken].map(idOf);
  for (const [index, token] of chain.slice(0, -1).entries()) {
    if (next.has(token)) throw new RangeError(`The script has ${JSON.stringify(tokens[token])} twice.`);
    next.set(token, chain[index + 1] ?? 0);
  }
  for (const [token, piece] of Object.entries(detours)) next.set(idOf(token), idOf(piece));
  const embedding = new Float32Array(count * width);
  const output = new Float32Array(count * width);
  for (let token = 0; token < count; token++) {
    embedding[token * width + token] = 1;
    output[(next.get(token) ?? idOf(endToken)) * width + token] = 1;
  }
  const idle = Math.max(HEAD, Math.ceil(idleWeights / (3 * width) / 32) * 32);
  await writeGguf(path, {
    metadata: new Map<string, GgufValue>([
      ['general.architecture', text('llama')],
      ['general.name', text('scripted')],
      ['llama.context_length', uint32(contextTokens)],
      ['llama.embedding_length', uint32(width)],
      ['llama.block_count', uint32(1)],
      ['llama.feed_forward_length', uint32(idle)],
      ['llama.attention.head_count', uint32(1)],
      ['llama.attention.head_count_kv', uint32(1)],
      ['llama.attention.key_length', uint32(HEAD)],
      ['llama.attention.value_length', uint32(HEAD)],
      ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-5 }],
      ['llama.rope.dimension_count', uint32(HEAD)],
      ['llama.vocab_size', uint32(count)],
      ['tokenizer.ggml.model', text('gpt2')],
      ['tokenizer.ggml.pre', text('smollm')],
      ['tokenizer.ggml.tokens', { type: 'string[]', value: tokens }],
      ['tokenizer.ggml.token_type', { type: 'int32[]', value: tokens.map(typeOf) }],
      ['tokenizer.ggml.merges', { type: 'string[]', value: ['a b'] }],
      ['tokenizer.ggml.eos_token_id', uint32(idOf(endToken))],
      ['tokenizer.chat_template', text(template)],
    ]),
    tensors: [
      values('token_embd.weight', [width, count], embedding),
      values('output_norm.weight', [width], new Float32Array(width).fill(1)),
      values('output.weight', [width, count], output),
      values('blk.0.attn_norm.weight', [width], new Float32Array(width).fill(1)),
      values('blk.0.ffn_norm.weight', [width], new Float32Array(width).fill(1)),
      ...['attn_q', 'attn_k', 'attn_v'].map((name) => noughts(`blk.0.${name}.weight`, [width, HEAD])),
      noughts('blk.0.attn_output.weight', [HEAD, width]),
      ...['ffn_gate', 'ffn_up'].map((name) => noughts(`blk.0.${name}.weight`, [width, idle])),
      noughts('blk.0.ffn_down.weight', [idle, width]),
    ],
  });
}

function text(value: string): GgufValue {
  return { type: 'string', value };
}

function uint32(value: number): GgufValue {
  return { type: 'uint32', value };
}

function values(name: string, shape: readonly number[], data: Float32Array): GgufTensor {
  return { name, type: 'F32', shape, data: new Uint8Array(data.buffer) };
}

function noughts(name: string, shape: readonly number[]): GgufTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return { name, type: 'Q4_0', shape, data: new Uint8Array((size / 32) * 18) };
}

/** source: GPT-2's `bytes_to_unicode`, https://github.com/openai/gpt-2/blob/master/src/encoder.py */
function letterOf(byte: number): string {
  const isPrintable = (code: number): boolean =>
    (code >= 33 && code <= 126) || (code >= 161 && code <= 172) || (code >= 174 && code <= 255);
  if (isPrintable(byte)) return String.fromCodePoint(byte);
  const before = Array.from({ length: byte }, (_, code) => code).filter((code) => !isPrintable(code)).length;
  return String.fromCodePoint(256 + before);
}

function spellingOf(piece: string): string {
  return [...Buffer.from(piece)].map(letterOf).join('');
}
