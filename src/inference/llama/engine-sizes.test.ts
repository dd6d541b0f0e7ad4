import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEngineSizes, chooseGpuSizes, type GpuFacts } from './engine-sizes.js';

const GiB = 2 ** 30;
/** 30 layers × 3 KV heads × 64 × 2 (key, value) × 2 bytes. */
const SMALL = { kvBytesPerToken: 23_040, trainContextTokens: 8192 };
/** 32 layers × 8 KV heads × 128 × 2 × 2 bytes. */
const LLAMA_8B = { kvBytesPerToken: 131_072, trainContextTokens: 131_072 };

describe('engine sizes', () => {
  it('are four whole contexts where memory is plenty', () => {
    expect(chooseEngineSizes({ ...SMALL, memoryBytes: 16 * GiB })).toMatchObject({ contextTokens: 8192, sequences: 4 });
  });

  it('shorten the contexts before giving up sequences', () => {
    // Half of 4 GiB is 16,384 tokens of LLaMA 8B: four sequences of 4,096.
    expect(chooseEngineSizes({ ...LLAMA_8B, memoryBytes: 4 * GiB })).toMatchObject({
      contextTokens: 4096,
      sequences: 4,
    });
    expect(chooseEngineSizes({ ...LLAMA_8B, memoryBytes: 1 * GiB })).toMatchObject({
      contextTokens: 2048,
      sequences: 2,
    });
    expect(chooseEngineSizes({ ...LLAMA_8B, memoryBytes: GiB / 4 })).toMatchObject({
      contextTokens: 2048,
      sequences: 1,
    });
  });

  it('follow what the user asked for', () => {
    const facts = { ...LLAMA_8B, memoryBytes: 8 * GiB };
    expect(chooseEngineSizes(facts, { sequences: 1 })).toMatchObject({ contextTokens: 8192, sequences: 1 });
    expect(chooseEngineSizes(facts, { contextTokens: 16_384 })).toMatchObject({ contextTokens: 16_384, sequences: 2 });
    expect(chooseEngineSizes(facts, { contextTokens: 512, sequences: 9 })).toMatchObject({
      contextTokens: 512,
      sequences: 9,
    });
  });

  it('say why in one line', () => {
    expect(chooseEngineSizes({ ...SMALL, memoryBytes: GiB }).reason).toMatchInlineSnapshot(
      `"4 sequences of 5632 tokens: the KV cache takes 495 of 1024 MiB free"`,
    );
  });
});

describe('sizes on a GPU', () => {
  const facts: GpuFacts = {
    ...LLAMA_8B,
    gpuMemoryBytes: 24 * GiB,
    memoryBytes: 32 * GiB,
    weightBytes: 4.6 * GiB,
    layers: 32,
    vocabularyTokens: 128_256,
  };

  it('are all layers and as many whole contexts as fit where memory is plenty', () => {
    // 0.9 of 24 GiB less 4.6 for weights and 0.7 for scratch: 16.3 GiB, each whole context of 8,192 takes 1.
    expect(chooseGpuSizes(facts)).toMatchObject({
      gpuLayers: 33,
      sequences: 16,
      contextTokens: 8192,
      batchTokens: 1024,
    });
    expect(chooseGpuSizes({ ...facts, gpuMemoryBytes: 80 * GiB }).sequences).toBe(32);
  });

  it('shorten contexts, then leave layers to the CPU', () => {
    // 7.2 GiB less 4.6 for weights and 0.4 for scratch: 2.2 GiB is 18,000 tokens of 128 KiB.
    expect(chooseGpuSizes({ ...facts, gpuMemoryBytes: 8 * GiB })).toMatchObject({
      gpuLayers: 33,
      sequences: 4,
      contextTokens: 4352,
      batchTokens: 512,
    });
    // 3.6 GiB less scratch is 3.2; a layer and its share of 4,096 tokens take 0.155.
    const partial = chooseGpuSizes({ ...facts, gpuMemoryBytes: 4 * GiB });
    expect(partial.gpuLayers).toBe(20);
    expect(partial.sequences * partial.contextTokens).toBeGreaterThanOrEqual(4096);
  });

  it('are those of a CPU where the GPU holds no layer', () => {
    const sizes = chooseGpuSizes({ ...facts, gpuMemoryBytes: GiB / 4 });
    expect(sizes).toMatchObject({ ...chooseEngineSizes(facts), gpuLayers: 0, gpuBytes: 0, reason: sizes.reason });
  });

  it('say why in one line', () => {
    expect(chooseGpuSizes(facts).reason).toMatchInlineSnapshot(
      `"33 of 33 layers on the GPU, 16 sequences of 8192 tokens: they take 21787 of its 24576 MiB free"`,
    );
  });

  const anyFacts = fc.record({
    gpuMemoryBytes: fc.integer({ min: 0, max: 160 * 1024 }).map((mebibytes) => mebibytes * 2 ** 20),
    memoryBytes: fc.integer({ min: 1, max: 512 }).map((gibibytes) => gibibytes * GiB),
    weightBytes: fc.integer({ min: 50, max: 150 * 1024 }).map((mebibytes) => mebibytes * 2 ** 20),
    layers: fc.integer({ min: 1, max: 126 }),
    vocabularyTokens: fc.integer({ min: 256, max: 260_000 }),
    kvBytesPerToken: fc.integer({ min: 1024, max: 2 ** 20 }),
    trainContextTokens: fc.integer({ min: 512, max: 2 ** 20 }),
  });

  it('never take more than there is', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        const { gpuBytes, gpuLayers, sequences, contextTokens } = chooseGpuSizes(any);
        expect(gpuBytes).toBeLessThanOrEqual(any.gpuMemoryBytes);
        expect(gpuLayers).toBeLessThanOrEqual(any.layers + 1);
        expect(sequences).toBeGreaterThanOrEqual(1);
        expect(contextTokens).toBeGreaterThanOrEqual(256);
        expect(contextTokens).toBeLessThanOrEqual(any.trainContextTokens);
        // The share of the cache that stays in RAM.
        const inRam =
          (any.kvBytesPerToken * sequences * contextTokens * Math.max(0, any.layers - gpuLayers)) / any.layers;
        expect(sequences === 1 ? 0 : inRam).toBeLessThanOrEqual(any.memoryBytes / 2);
      }),
      { numRuns: 2000 },
    );
  });

  it('honour wishes', () => {
    const anyWishes = fc.record({
      gpuLayers: fc.integer({ min: 0, max: 200 }),
      sequences: fc.integer({ min: 1, max: 64 }),
      contextTokens: fc.integer({ min: 256, max: 100_000 }),
    });
    fc.assert(
      fc.property(anyFacts, anyWishes, (any, { gpuLayers, ...wishes }) => {
        expect(chooseGpuSizes(any, wishes)).toMatchObject(wishes);
        expect(chooseGpuSizes(any, { gpuLayers }).gpuLayers).toBe(Math.min(gpuLayers, any.layers + 1));
      }),
    );
  });

  it('grow with the memory', () => {
    fc.assert(
      fc.property(anyFacts, fc.integer({ min: 1, max: 64 * 1024 }), (any, moreMebibytes) => {
        const less = chooseGpuSizes(any);
        const more = chooseGpuSizes({ ...any, gpuMemoryBytes: any.gpuMemoryBytes + moreMebibytes * 2 ** 20 });
        // A larger batch is chosen once its scratch takes at most a twentieth of the memory, which may cost a sequence or some context.
        if (less.batchTokens !== more.batchTokens) return;
        expect(more.gpuLayers).toBeGreaterThanOrEqual(less.gpuLayers);
        if (less.gpuLayers <= any.layers) return;
        expect(more.sequences).toBeGreaterThanOrEqual(less.sequences);
        // Rounding contexts to 256 may leave some tokens over.
        const rounding = more.sequences * 256;
        expect(more.sequences * more.contextTokens + rounding).toBeGreaterThan(less.sequences * less.contextTokens);
      }),
      { numRuns: 2000 },
    );
  });
});
