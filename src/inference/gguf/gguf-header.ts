import { tensorBytes } from './tensor-bytes.js';

/** A value of a header. For long arrays only the length is kept, since vocabularies have hundreds of thousands of texts. */
export type GgufMetadataValue = string | number | boolean | GgufArray;

export interface GgufArray {
  readonly length: number;
  /** Set only for arrays of at most `MOST_KEPT_NUMBERS` numbers, e.g. one for each layer. */
  readonly numbers?: readonly number[];
}

export interface GgufTensorPlace {
  readonly name: string;
  /** Start and end in the file. The end equals the start for types of unknown size. */
  readonly start: number;
  readonly end: number;
  /** Number of the type. */
  readonly type: number;
  /** The dimension that is contiguous in memory comes first. */
  readonly dimensions: readonly number[];
}

/** Position of a metadata key and its value in the file. */
export interface GgufEntryPlace {
  /** Position of the key. */
  readonly start: number;
  /** Position of the value's type, which precedes the value. */
  readonly value: number;
  readonly end: number;
}

/** The part of a GGUF file before the weights. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufMetadataValue>;
  readonly tensors: readonly GgufTensorPlace[];
  readonly places: ReadonlyMap<string, GgufEntryPlace>;
  /** Tensors are padded to a multiple of this many bytes. */
  readonly alignment: number;
}

/** An error in a header. The message is the end of a sentence. */
export class GgufHeaderError extends Error {
  override readonly name = 'GgufHeaderError';
}

/** The bytes given end before the header does. */
export class GgufHeaderCut extends GgufHeaderError {
  override readonly message = 'its header is cut off';
}

/** source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `gguf_metadata_value_type` */
const TYPE = { uint8: 0, int8: 1, uint16: 2, int16: 3, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 };
const WIDE_TYPE = { uint64: 10, int64: 11, float64: 12 };
const FIXED_BYTES: Readonly<Record<number, number>> = {
  [TYPE.uint8]: 1,
  [TYPE.int8]: 1,
  [TYPE.uint16]: 2,
  [TYPE.int16]: 2,
  [TYPE.uint32]: 4,
  [TYPE.int32]: 4,
  [TYPE.float32]: 4,
  [TYPE.bool]: 1,
  [WIDE_TYPE.uint64]: 8,
  [WIDE_TYPE.int64]: 8,
  [WIDE_TYPE.float64]: 8,
};
const VERSIONS = [2, 3];
const DEFAULT_ALIGNMENT = 32;

/** Far above every real model's values, and low enough that a damaged count costs neither memory nor time. */
const LIMITS = {
  keys: 65_536,
  tensors: 1_048_576,
  dimensions: 4,
  elements: 2 ** 24,
  textBytes: 2 ** 24,
  nameBytes: 65_535,
};
const MOST_KEPT_NUMBERS = 4096;
const DEEPEST_ARRAY = 4;

/**
 * Reads a header without trusting it: every count, length and offset is checked before use.
 *
 * @param bytes the beginning of the file
 * @param fileBytes length of the whole file
 * @throws {GgufHeaderCut} when `bytes` end too early: read more, if there is more
 * @throws {GgufHeaderError} when no further bytes can help
 */
export function parseGgufHeader(bytes: Buffer, fileBytes: number): GgufHeader {
  const reader = new HeaderReader(bytes);
  // source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "File Structure"
  if (bytes.toString('latin1', 0, 4) !== 'GGUF') throw new GgufHeaderError('it is not a GGUF file');
  reader.skip(4);
  const version = reader.uint32();
  if (!VERSIONS.includes(version)) throw new GgufHeaderError(`its GGUF version is ${version}; known: 2 and 3`);
  const tensorCount = reader.count('tensors', LIMITS.tensors);
  const keyCount = reader.count('keys', LIMITS.keys);
  const metadata = new Map<string, GgufMetadataValue>();
  const places = new Map<string, GgufEntryPlace>();
  for (let index = 0; index < keyCount; index++) {
    const start = reader.at;
    const key = reader.text('a key', LIMITS.nameBytes);
    const value = reader.at;
    metadata.set(key, reader.value(reader.uint32(), key));
    places.set(key, { start, value, end: reader.at });
  }
  const tensors = Array.from({ length: tensorCount }, () => reader.tensor());
  const alignment = alignmentOf(metadata);
  return { metadata, tensors: placed(tensors, alignedTo(reader.at, alignment), fileBytes), places, alignment };
}

interface TensorInfo {
  readonly name: string;
  readonly bytes: number;
  readonly offset: number;
  readonly type: number;
  readonly dimensions: readonly number[];
}

function placed(tensors: readonly TensorInfo[], dataStart: number, fileBytes: number): GgufTensorPlace[] {
  return tensors.map(({ name, bytes, offset, type, dimensions }) => {
    const [start, end] = [dataStart + offset, dataStart + offset + bytes];
    if (start >= fileBytes || end > fileBytes) {
      throw new GgufHeaderError(`it is truncated: ${fileBytes} bytes, where the tensor ${shown(name)} ends at ${end}`);
    }
    return { name, start, end, type, dimensions };
  });
}

function alignmentOf(metadata: ReadonlyMap<string, GgufMetadataValue>): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPowerOfTwo = typeof alignment === 'number' && alignment > 0 && Number.isInteger(Math.log2(alignment));
  if (!isPowerOfTwo) throw new GgufHeaderError('its alignment is not a power of two');
  return alignment;
}

function alignedTo(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

class HeaderReader {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  skip(count: number): void {
    this.at = this.end(count);
  }

  uint32(): number {
    const start = this.at;
    this.skip(4);
    return this.bytes.readUInt32LE(start);
  }

  count(what: string, most: number): number {
    const start = this.at;
    this.skip(8);
    const count = this.bytes.readBigUInt64LE(start);
    if (count > BigInt(most)) throw new GgufHeaderError(`its header declares ${count} ${what}, more than ${most}`);
    return Number(count);
  }

  text(what: string, most: number): string {
    const length = this.count(`bytes of ${what}`, most);
    const start = this.at;
    this.skip(length);
    return this.bytes.toString('utf8', start, this.at);
  }

  value(type: number, key: string): GgufMetadataValue {
    if (type === TYPE.string) return this.text(`text for ${shown(key)}`, LIMITS.textBytes);
    if (type === TYPE.array) return this.array(key, 0);
    const start = this.at;
    this.skip(fixedBytes(type, key));
    return this.fixed(type, start);
  }

  tensor(): TensorInfo {
    const name = this.text("a tensor's name", LIMITS.nameBytes);
    const rank = this.uint32();
    if (rank > LIMITS.dimensions) throw new GgufHeaderError(`its tensor ${shown(name)} has ${rank} dimensions`);
    const dimensions = Array.from({ length: rank }, () => this.count('values in a row', Number.MAX_SAFE_INTEGER));
    const type = this.uint32();
    const offset = this.count('bytes before a tensor', Number.MAX_SAFE_INTEGER);
    return { name, bytes: tensorBytes(type, dimensions), offset, type, dimensions };
  }

  private array(key: string, depth: number): GgufArray {
    if (depth > DEEPEST_ARRAY) throw new GgufHeaderError(`its array ${shown(key)} is nested too deep`);
    const type = this.uint32();
    const length = this.count(`elements in ${shown(key)}`, LIMITS.elements);
    if (type === TYPE.string || type === TYPE.array) {
      for (let index = 0; index < length; index++) {
        if (type === TYPE.array) this.array(key, depth + 1);
        else this.skip(this.count(`bytes of text in ${shown(key)}`, LIMITS.textBytes));
      }
      return { length };
    }
    const width = fixedBytes(type, key);
    const start = this.at;
    this.skip(width * length);
    if (length > MOST_KEPT_NUMBERS || type === TYPE.bool) return { length };
    const numbers = Array.from({ length }, (_, index) => Number(this.fixed(type, start + width * index)));
    return { length, numbers };
  }

  private fixed(type: number, at: number): number | boolean {
    const { bytes } = this;
    switch (type) {
      case TYPE.uint8:
        return bytes.readUInt8(at);
      case TYPE.int8:
        return bytes.readInt8(at);
      case TYPE.uint16:
        return bytes.readUInt16LE(at);
      case TYPE.int16:
        return bytes.readInt16LE(at);
      case TYPE.uint32:
        return bytes.readUInt32LE(at);
      case TYPE.int32:
        return bytes.readInt32LE(at);
      case TYPE.float32:
        return bytes.readFloatLE(at);
      case WIDE_TYPE.uint64:
        return Number(bytes.readBigUInt64LE(at));
      case WIDE_TYPE.int64:
        return Number(bytes.readBigInt64LE(at));
      case WIDE_TYPE.float64:
        return bytes.readDoubleLE(at);
      default:
        return bytes[at] !== 0;
    }
  }

  private end(count: number): number {
    const end = this.at + count;
    if (end > this.bytes.length) throw new GgufHeaderCut();
    return end;
  }
}

function fixedBytes(type: number, key: string): number {
  const bytes = FIXED_BYTES[type];
  if (bytes === undefined) throw new GgufHeaderError(`its value ${shown(key)} has the unknown type ${type}`);
  return bytes;
}

/** A name from a file that may contain anything, made safe for an error's text. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}
