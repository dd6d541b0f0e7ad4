import { open, type FileHandle } from 'node:fs/promises';
import type { GgufTensorPlace } from '../gguf/gguf-header.js';
import { tensorBytes } from '../gguf/tensor-bytes.js';
import type { GgufHead } from '../gguf/gguf-file.js';

/** The table of words in an encoder's file. */
export const WORDS_TENSOR = 'token_embd.weight';

/** Layout of a written file with few words. */
export interface FewWordsFile {
  /** Position where its word table begins. */
  readonly start: number;
  readonly rowBytes: number;
  /** Rows that permanently hold special tokens, by the tokens' ids in the whole file. The rows for other words follow them. */
  readonly fixedRows: ReadonlyMap<number, number>;
}

/**
 * Writes a copy of an encoder's file whose word table has few rows, with a matching vocabulary: the special tokens and `rows` empty ones.
 * An engine that opens it neither holds the words in memory nor reserves a number per word for each text.
 *
 * @param path must not exist
 * @returns the layout, or the reason why the file cannot be written, as the end of a sentence
 */
export async function writeFewWordsFile(
  path: string,
  from: FileHandle,
  head: GgufHead,
  rows: number,
): Promise<FewWordsFile | { readonly reason: string }> {
  const words = head.header.tensors.find(({ name }) => name === WORDS_TENSOR);
  const [width = 0, count = 0] = words?.dimensions ?? [];
  const rowBytes = tensorBytes(words?.type ?? 0, [width]);
  if (words === undefined || words.end - words.start !== rowBytes * count || !Number.isInteger(rowBytes)) {
    return { reason: 'its table of words is of a type that is not known here' };
  }
  const others = head.header.tensors.filter((tensor) => tensor !== words);
  if (others.some(({ start, end, dimensions }) => start === end || dimensions.includes(count))) {
    return {
      reason: 'it has tensors beside its table of words that have a row for each word, or are of a type not known',
    };
  }
  const special = specialTokens(head);
  const fixedRows = new Map([...new Set(special.values())].map((token, row) => [token, row]));
  if ([...fixedRows.keys()].some((token) => token >= count))
    return { reason: 'its special tokens are not in its table' };
  const header = fewWordsHeader(head, special, fixedRows, { words, rows: fixedRows.size + rows });
  const to = await open(path, 'wx', 0o600);
  try {
    await writeAll(to, header.bytes, 0);
    for (const [tensor, start] of header.starts) {
      if (tensor !== words) await copyBytes(from, to, tensor, start);
    }
    const start = header.starts.get(words) ?? 0;
    // Writes zeros instead of leaving a hole, so that a full disk fails now and not when a text is written there.
    await writeAll(to, new Uint8Array((fixedRows.size + rows) * rowBytes), start);
    for (const [token, row] of fixedRows) {
      const found = { start: words.start + token * rowBytes, end: words.start + (token + 1) * rowBytes };
      await copyBytes(from, to, found, start + row * rowBytes);
    }
    return { start, rowBytes, fixedRows };
  } finally {
    await to.close();
  }
}

const TOKENIZER = 'tokenizer.ggml.';
/** Header fields with an entry for each word. */
const FOR_EACH_WORD = ['tokens', 'scores', 'token_type'].map((key) => TOKENIZER + key);
// source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `gguf_metadata_value_type`
const [UINT32, INT32, FLOAT32, STRING, ARRAY] = [4, 5, 6, 8, 9] as const;
// source: ggml-org/llama.cpp, include/llama.h, `enum llama_token_type`
const [NORMAL, CONTROL] = [1, 3] as const;

/** The tokens that the header names by id, by their keys. */
function specialTokens({ header }: GgufHead): Map<string, number> {
  const named = [...header.metadata].filter(([key]) => key.startsWith(TOKENIZER) && key.endsWith('_token_id'));
  return new Map(named.flatMap(([key, token]) => (typeof token === 'number' ? [[key, token]] : [])));
}

function fewWordsHeader(
  { header, bytes }: GgufHead,
  special: ReadonlyMap<string, number>,
  fixedRows: ReadonlyMap<number, number>,
  { words, rows }: { readonly words: GgufTensorPlace; readonly rows: number },
): { readonly bytes: Buffer; readonly starts: ReadonlyMap<GgufTensorPlace, number> } {
  const parts: Buffer[] = [];
  for (const [key, { start, value, end }] of header.places) {
    const token = special.get(key);
    if (FOR_EACH_WORD.includes(key)) continue;
    if (token === undefined) parts.push(bytes.subarray(start, end));
    else parts.push(bytes.subarray(start, value), uint32(UINT32), uint32(fixedRows.get(token) ?? 0));
  }
  const names = Array.from({ length: rows }, (_, row) => text(`[${row}]`));
  const scores = Buffer.from(new Float32Array(rows).fill(-1).buffer);
  const types = Buffer.from(new Int32Array(rows).map((_, row) => (row < fixedRows.size ? CONTROL : NORMAL)).buffer);
  for (const [key, type, values] of [
    ['tokens', STRING, Buffer.concat(names)],
    ['scores', FLOAT32, scores],
    ['token_type', INT32, types],
  ] as const) {
    parts.push(text(TOKENIZER + key), uint32(ARRAY), uint32(type), uint64(rows), values);
  }
  const kept = [...header.places.keys()].filter((key) => !FOR_EACH_WORD.includes(key)).length;
  const offsets = new Map<GgufTensorPlace, number>();
  let offset = 0;
  for (const tensor of header.tensors) {
    const { name, type, start, end } = tensor;
    const dimensions = tensor === words ? [tensor.dimensions[0] ?? 0, rows] : tensor.dimensions;
    offsets.set(tensor, offset);
    parts.push(text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(type), uint64(offset));
    offset = aligned(offset + (tensor === words ? tensorBytes(type, dimensions) : end - start), header.alignment);
  }
  const magicAndVersion = bytes.subarray(0, 8);
  const written = Buffer.concat([
    magicAndVersion,
    uint64(header.tensors.length),
    uint64(kept + FOR_EACH_WORD.length),
    ...parts,
  ]);
  const dataStart = aligned(written.length, header.alignment);
  return {
    bytes: Buffer.concat([written, Buffer.alloc(dataStart - written.length)]),
    starts: new Map([...offsets].map(([tensor, at]) => [tensor, dataStart + at])),
  };
}

const COPY_BYTES = 2 ** 22;

async function copyBytes(
  from: FileHandle,
  to: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
  at: number,
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(COPY_BYTES, end - start));
  for (let done = 0; done < end - start;) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - start - done), start + done);
    if (bytesRead === 0) throw new RangeError(`The file ends before byte ${end}, where a tensor does`);
    await writeAll(to, buffer.subarray(0, bytesRead), at + done);
    done += bytesRead;
  }
}

async function writeAll(to: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await to.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

function aligned(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
