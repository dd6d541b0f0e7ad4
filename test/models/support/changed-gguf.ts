import { readFile, writeFile } from 'node:fs/promises';

/** Bytes of each GGUF type of fixed size. source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `gguf_metadata_value_type` */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const STRING = 8;
const ARRAY = 9;
const FLOAT32_TENSOR = 0;
const ALIGNMENT = 32;

export interface GgufChanges {
  /** The value of the key that ends so, a 32-bit number. */
  readonly poolingType: number;
  /** Added after the others, each of one row. */
  readonly tensors: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** Writes a copy of a GGUF file in which vectors are pooled otherwise, with tensors added: a reranker out of an embedding model. */
export async function writeChangedGguf(from: string, to: string, { poolingType, tensors }: GgufChanges): Promise<void> {
  const bytes = await readFile(from);
  const tensorCount = Number(bytes.readBigUInt64LE(8));
  const keys = Number(bytes.readBigUInt64LE(16));
  let at = 24;
  const number = (): number => Number(bytes.readBigUInt64LE((at += 8) - 8));
  const text = (): string => {
    const length = number();
    return bytes.toString('utf8', at, (at += length));
  };
  const skip = (type: number): void => {
    if (type === STRING) text();
    else if (type === ARRAY) {
      const inner = bytes.readUInt32LE((at += 4) - 4);
      for (let left = number(); left > 0; left--) skip(inner);
    } else at += SIZES[type] ?? 0;
  };
  for (let i = 0; i < keys; i++) {
    const key = text();
    const type = bytes.readUInt32LE((at += 4) - 4);
    if (key.endsWith('.pooling_type')) bytes.writeUInt32LE(poolingType, at);
    skip(type);
  }
  for (let i = 0; i < tensorCount; i++) {
    text();
    at += 8 * bytes.readUInt32LE(at) + 4 + 4 + 8;
  }
  const data = bytes.subarray(aligned(at));
  let end = aligned(data.length);
  const infos: Buffer[] = [];
  const added: Buffer[] = [Buffer.alloc(end - data.length)];
  for (const { name, values } of tensors) {
    const info = Buffer.alloc(8 + name.length + 4 + 8 + 4 + 8);
    info.writeBigUInt64LE(BigInt(name.length), 0);
    info.write(name, 8, 'latin1');
    info.writeUInt32LE(1, 8 + name.length);
    info.writeBigUInt64LE(BigInt(values.length), 12 + name.length);
    info.writeUInt32LE(FLOAT32_TENSOR, 20 + name.length);
    info.writeBigUInt64LE(BigInt(end), 24 + name.length);
    infos.push(info);
    const content = Buffer.alloc(aligned(values.length * 4));
    values.forEach((value, index) => content.writeFloatLE(value, index * 4));
    added.push(content);
    end += content.length;
  }
  bytes.writeBigUInt64LE(BigInt(tensorCount + tensors.length), 8);
  const header = Buffer.concat([bytes.subarray(0, at), ...infos]);
  const padding = Buffer.alloc(aligned(header.length) - header.length);
  await writeFile(to, Buffer.concat([header, padding, data, ...added]));
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
