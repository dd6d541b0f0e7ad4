import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, assert, asyncProperty, constantFrom, integer, record, string } from 'fast-check';
import { readGgufFileInfo } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { type GgufTensor, type GgufValue, writeGguf } from './gguf-writer.js';

const metadata = new Map<string, GgufValue>([
  ['general.architecture', { type: 'string', value: 'bert' }],
  ['bert.context_length', { type: 'uint32', value: 4_294_967_295 }],
  ['bert.attention.layer_norm_epsilon', { type: 'float32', value: 0.5 }],
  ['bert.attention.causal', { type: 'bool', value: false }],
  ['bert.offset', { type: 'int32', value: -7 }],
  ['tokenizer.ggml.tokens', { type: 'string[]', value: ['▁制定', Buffer.from('<s>'), ''] }],
  ['tokenizer.ggml.scores', { type: 'float32[]', value: [-1.5, 0, 2] }],
  ['tokenizer.ggml.token_type', { type: 'int32[]', value: [1, 3, -1] }],
]);

describe('writeGguf', () => {
  it('writes every type of value so that another reader gives it back', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, 'a.gguf');
    await writeGguf(path, { metadata, tensors: [] });
    const info = await readGgufFileInfo(path, { logWarnings: false });
    expect(info.version).toBe(3);
    expect(info.metadata).toMatchObject({
      general: { architecture: 'bert' },
      bert: { context_length: 4_294_967_295, attention: { layer_norm_epsilon: 0.5, causal: false }, offset: -7 },
      tokenizer: { ggml: { tokens: ['▁制定', '<s>', ''], scores: [-1.5, 0, 2], token_type: [1, 3, -1] } },
    });
  });

  it('places any tensors where the reader finds their bytes', async () => {
    const tensor = record({
      type: constantFrom('F32', 'Q4_0'),
      rows: integer({ min: 1, max: 5 }),
      fill: integer({ min: 0, max: 255 }),
    });
    const names = string({ minLength: 1, maxLength: 8 });
    const property = asyncProperty(array(tensor, { maxLength: 6 }), names, async (shapes, name) => {
      await using folder = await createTemporaryFolder();
      const path = join(folder.path, 'a.gguf');
      const tensors = shapes.map(({ type, rows, fill }, index): GgufTensor => {
        const rowBytes = type === 'F32' ? 32 * 4 : 18;
        return { name: `${name}.${index}`, type, shape: [32, rows], data: Buffer.alloc(rows * rowBytes, fill) };
      });
      await writeGguf(path, { metadata, tensors });
      const info = await readGgufFileInfo(path, { logWarnings: false });
      const file = await readFile(path);
      const found = info.fullTensorInfo ?? [];
      expect(found.map((one) => one.name)).toEqual(tensors.map((one) => one.name));
      for (const [index, { fileOffset, dimensions }] of found.entries()) {
        const expected = tensors[index];
        expect(Number(fileOffset) % 32).toBe(0);
        expect(dimensions.map(Number)).toEqual(expected?.shape);
        const start = Number(fileOffset);
        expect(file.subarray(start, start + (expected?.data.length ?? 0)).compare(expected?.data ?? Buffer.of())).toBe(
          0,
        );
      }
    });
    await assert(property, { numRuns: 30 });
  });

  it('refuses data that do not fit type and shape', async () => {
    await using folder = await createTemporaryFolder();
    const tensor = { name: 'w', type: 'Q4_0', shape: [64, 2], data: Buffer.alloc(71) } as const;
    await expect(writeGguf(join(folder.path, 'a.gguf'), { metadata, tensors: [tensor] })).rejects.toThrow(
      new RangeError('Tensor w (Q4_0, 64 × 2) has 71 bytes, expected 72'),
    );
  });
});
