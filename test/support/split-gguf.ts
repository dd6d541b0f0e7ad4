import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of each GGUF type of fixed size. source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `gguf_metadata_value_type` */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const [UINT16, INT32, STRING, ARRAY] = [2, 5, 8, 9];
const ALIGNMENT = 32;

/**
 * Cuts a GGUF file into parts as llama.cpp's `gguf-split` does: the metadata stand in the first, the tensors are shared out.
 *
 * @returns paths of the parts, in their order
 */
export async function splitGguf(from: string, folder: string, name: string, parts: number): Promise<string[]> {
  const whole = parse(await readFile(from));
  await mkdir(folder, { recursive: true });
  const perPart = Math.ceil(whole.tensors.length / parts);
  const paths: string[] = [];
  for (let part = 0; part < parts; part++) {
    const tensors = whole.tensors.slice(part * perPart, (part + 1) * perPart);
    const path = join(folder, `${name}-${numbered(part + 1)}-of-${numbered(parts)}.gguf`);
    await writeFile(
      path,
      encode(part === 0 ? whole : { keys: 0, metadata: Buffer.alloc(0) }, tensors, [
        value('split.no', UINT16, part),
        value('split.count', UINT16, parts),
        value('split.tensors.count', INT32, whole.tensors.length),
      ]),
    );
    paths.push(path);
  }
  return paths;
}

interface Tensor {
  /** Its entry in the header, without the offset. */
  readonly info: Buffer;
  readonly data: Buffer;
}

interface Metadata {
  readonly keys: number;
  readonly metadata: Buffer;
}

function parse(bytes: Buffer): Metadata & { readonly tensors: readonly Tensor[] } {
  const tensorCount = Number(bytes.readBigUInt64LE(8));
  const keys = Number(bytes.readBigUInt64LE(16));
  let at = 24;
  const number = (): number => Number(bytes.readBigUInt64LE((at += 8) - 8));
  const skipText = (): void => {
    const length = number();
    at += length;
  };
  const skip = (type: number): void => {
    if (type === STRING) skipText();
    else if (type === ARRAY) {
      const inner = bytes.readUInt32LE((at += 4) - 4);
      for (let left = number(); left > 0; left--) skip(inner);
    } else at += SIZES[type] ?? 0;
  };
  for (let index = 0; index < keys; index++) {
    skipText();
    skip(bytes.readUInt32LE((at += 4) - 4));
  }
  const metadata = bytes.subarray(24, at);
  const infos = Array.from({ length: tensorCount }, () => {
    const start = at;
    skipText();
    at += 4 + 8 * bytes.readUInt32LE(at) + 4;
    return { info: bytes.subarray(start, at), offset: number() };
  });
  const dataStart = aligned(at);
  const offsets = [...infos.map(({ offset }) => offset), bytes.length - dataStart];
  const tensors = infos.map(({ info, offset }, index) => ({
    info,
    data: bytes.subarray(dataStart + offset, dataStart + (offsets[index + 1] ?? 0)),
  }));
  return { keys, metadata, tensors };
}

function encode({ keys, metadata }: Metadata, tensors: readonly Tensor[], added: readonly Buffer[]): Buffer {
  let offset = 0;
  const infos = tensors.map(({ info, data }) => {
    const entry = Buffer.concat([info, uint64(offset)]);
    offset += aligned(data.length);
    return entry;
  });
  const counts = [uint64(tensors.length), uint64(keys + added.length)];
  const header = Buffer.concat([Buffer.from('GGUF\u0003\0\0\0'), ...counts, metadata, ...added, ...infos]);
  return Buffer.concat([padded(header), ...tensors.map(({ data }) => padded(data))]);
}

function value(key: string, type: number, number: number): Buffer {
  const bytes = Buffer.alloc(4 + (SIZES[type] ?? 0));
  bytes.writeUInt32LE(type, 0);
  if (type === UINT16) bytes.writeUInt16LE(number, 4);
  else bytes.writeInt32LE(number, 4);
  return Buffer.concat([uint64(key.length), Buffer.from(key), bytes]);
}

function uint64(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function numbered(part: number): string {
  return String(part).padStart(5, '0');
}
