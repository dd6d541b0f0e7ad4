import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGguf } from '../../artefacts/gguf-writer.js';
import { architectureFacts } from './architecture-facts.js';
import { GgufHeaderError, parseGgufHeader, type GgufHeader } from './gguf-header.js';

let folder: string;
/** A small GGUF file with every value type that headers contain. */
let whole: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colloquy-gguf-'));
  const path = join(folder, 'small.gguf');
  await writeGguf(path, {
    metadata: new Map([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['general.name', { type: 'string', value: 'Small' }],
      ['llama.block_count', { type: 'uint32', value: 2 }],
      ['llama.embedding_length', { type: 'uint32', value: 64 }],
      ['llama.context_length', { type: 'uint32', value: 512 }],
      ['llama.attention.head_count', { type: 'uint32', value: 2 }],
      ['llama.attention.head_count_kv', { type: 'int32[]', value: [2, 1] }],
      ['llama.rope.freq_base', { type: 'float32', value: 10_000 }],
      ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
      ['tokenizer.ggml.tokens', { type: 'string[]', value: ['a', 'b', '<s>'] }],
      ['tokenizer.ggml.scores', { type: 'float32[]', value: [1, 2, 3] }],
    ]),
    tensors: [
      { name: 'a', type: 'F32', shape: [4, 2], data: new Uint8Array(32) },
      { name: 'b', type: 'Q4_0', shape: [32], data: new Uint8Array(18) },
    ],
  });
  whole = await readFile(path);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function outcome(bytes: Buffer, fileBytes = bytes.length): GgufHeader | GgufHeaderError {
  try {
    return parseGgufHeader(bytes, fileBytes);
  } catch (error) {
    if (error instanceof GgufHeaderError) return error;
    throw error;
  }
}

describe('parseGgufHeader', () => {
  it('tells what the header holds, and where each tensor lies', () => {
    const { metadata, tensors } = parseGgufHeader(whole, whole.length);
    expect(metadata.get('general.name')).toBe('Small');
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual({ length: 3 });
    expect(tensors.map(({ name, start, end }) => [name, end - start])).toEqual([
      ['a', 32],
      ['b', 18],
    ]);
    // Calculated by hand: 2 layers, at most 2 heads, keys and values of 64 / 2 = 32 numbers of 2 bytes.
    expect(architectureFacts(metadata)).toMatchObject({
      layers: 2,
      contextTokens: 512,
      vocabularyTokens: 3,
      kvBytesPerToken: 512,
    });
  });

  it('finds every cut, and says so without another error', () => {
    const { tensors } = parseGgufHeader(whole, whole.length);
    const end = Math.max(...tensors.map((tensor) => tensor.end));
    for (let length = 0; length < end; length++) {
      expect(outcome(whole.subarray(0, length)), `cut at ${length}`).toBeInstanceOf(GgufHeaderError);
    }
    expect(outcome(whole.subarray(0, end))).not.toBeInstanceOf(GgufHeaderError);
  });

  it('reads what bytes were changed to, or refuses it, and throws nothing else', () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(whole.length), (changes, cut) => {
        const bytes = Buffer.from(whole);
        for (const { at, byte } of changes) bytes[at] = byte;
        for (const found of [outcome(bytes), outcome(bytes.subarray(0, cut))]) {
          const bytesPerToken =
            found instanceof GgufHeaderError ? 0 : architectureFacts(found.metadata).kvBytesPerToken;
          expect(bytesPerToken).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a count of tensors', 8, 2n ** 63n],
    ['a count of keys', 16, 2n ** 40n],
    ['the length of the first key', 24, 2n ** 62n],
  ])('refuses %s beyond reason', (_what, at, value) => {
    const bytes = Buffer.from(whole);
    bytes.writeBigUInt64LE(value, at);
    expect(outcome(bytes)).toMatchObject({
      message: expect.stringMatching(/^its header declares \d+ .* more than/u) as string,
    });
  });
});
