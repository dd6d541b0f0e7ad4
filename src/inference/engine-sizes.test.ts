import { describe, expect, it } from 'vitest';
import { chooseEngineSizes } from './engine-sizes.js';

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
