import { type FileHandle, open } from 'node:fs/promises';

// source: https://github.com/ggml-org/ggml/blob/9d325133eed396b7bf005a53a83d9747cbd8bde1/docs/gguf.md
const VERSION = 3;
const ALIGNMENT = 32;
const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const TENSOR_TYPE = { F32: 0, Q4_0: 2 } as const;
/** Number of values in a block, and its size in bytes. */
const BLOCK = { F32: { values: 1, bytes: 4 }, Q4_0: { values: 32, bytes: 18 } } as const;

export type GgufValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int32[]' | 'float32[]'; readonly value: readonly number[] }
  /** Bytes if the text may not be valid UTF-8: a token can be part of a character. */
  | { readonly type: 'string[]'; readonly value: readonly (string | Uint8Array)[] };

export interface GgufTensor {
  readonly name: string;
  readonly type: keyof typeof TENSOR_TYPE;
  /** The dimension that is contiguous in memory comes first. */
  readonly shape: readonly number[];
  /** Little-endian, with exactly the length that type and shape require. */
  readonly data: Uint8Array;
}

export interface GgufContent {
  /** Written in this order; must contain `general.architecture`. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
}

/**
 * Writes a new GGUF file, version 3, little-endian. Equal content gives equal bytes.
 *
 * @throws {RangeError} if the length of a tensor's data does not match its type and shape.
 */
export async function writeGguf(path: string, content: GgufContent): Promise<void> {
  const header = encodeHeader(content);
  const file = await open(path, 'wx');
  try {
    let position = await append(file, header, 0);
    for (const { data } of content.tensors) {
      position = await append(file, new Uint8Array(padding(position)), position);
      position = await append(file, data, position);
    }
    await append(file, new Uint8Array(padding(position)), position);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Magic, counts, metadata, and the offset of each tensor, padded to the start of the first tensor. */
function encodeHeader({ metadata, tensors }: GgufContent): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('GGUF'), uint32(VERSION), uint64(tensors.length), uint64(metadata.size)];
  for (const [key, value] of metadata) parts.push(text(key), ...encodeValue(value));
  let offset = 0;
  for (const tensor of tensors) {
    requireLength(tensor);
    const { name, type, shape, data } = tensor;
    parts.push(text(name), uint32(shape.length), ...shape.map(uint64), uint32(TENSOR_TYPE[type]), uint64(offset));
    offset += data.length + padding(data.length);
  }
  const header = Buffer.concat(parts);
  return Buffer.concat([header, new Uint8Array(padding(header.length))]);
}

function encodeValue(value: GgufValue): Uint8Array[] {
  switch (value.type) {
    case 'uint32':
      return [uint32(VALUE_TYPE.uint32), uint32(value.value)];
    case 'int32':
      return [uint32(VALUE_TYPE.int32), numbers(Int32Array, [value.value])];
    case 'float32':
      return [uint32(VALUE_TYPE.float32), numbers(Float32Array, [value.value])];
    case 'bool':
      return [uint32(VALUE_TYPE.bool), Uint8Array.of(value.value ? 1 : 0)];
    case 'string':
      return [uint32(VALUE_TYPE.string), text(value.value)];
    case 'int32[]':
      return [...arrayHead('int32', value.value.length), numbers(Int32Array, value.value)];
    case 'float32[]':
      return [...arrayHead('float32', value.value.length), numbers(Float32Array, value.value)];
    case 'string[]':
      // One part, because there are hundreds of thousands of tokens, and that many parts would overflow a spread.
      return [...arrayHead('string', value.value.length), Buffer.concat(value.value.map(text))];
  }
  return value satisfies never;
}

function arrayHead(elements: 'int32' | 'float32' | 'string', length: number): Uint8Array[] {
  return [uint32(VALUE_TYPE.array), uint32(VALUE_TYPE[elements]), uint64(length)];
}

function requireLength({ name, type, shape, data }: GgufTensor): void {
  const values = shape.reduce((product, size) => product * size, 1);
  const expected = (values / BLOCK[type].values) * BLOCK[type].bytes;
  if (data.length !== expected) {
    throw new RangeError(
      `Tensor ${name} (${type}, ${shape.join(' × ')}) has ${data.length} bytes, expected ${expected}`,
    );
  }
}

function text(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function numbers(kind: typeof Int32Array | typeof Float32Array, values: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) {
    if (kind === Int32Array) bytes.setInt32(index * 4, value, true);
    else bytes.setFloat32(index * 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

async function append(file: FileHandle, data: Uint8Array, position: number): Promise<number> {
  let written = 0;
  while (written < data.length) {
    const { bytesWritten } = await file.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
  return position + data.length;
}
