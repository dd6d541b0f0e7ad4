import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODEL_PROFILES } from './model-profiles.js';
import { neededMemory, recommendModels } from './recommend-model.js';

const CHAT = { purpose: 'instruction', contextTokens: 8192, sequences: 1 } as const;

function recommended(wish: Parameters<typeof recommendModels>[1], machine: Parameters<typeof recommendModels>[2]) {
  const [first] = recommendModels(MODEL_PROFILES, wish, machine);
  return first?.verdict === 'recommended' ? first.profile.modelId : undefined;
}

describe('the recommended model', () => {
  it('grows with the memory', () => {
    expect(recommended(CHAT, { memoryBytes: 0.7e9 })).toBe('smollm2-135m-instruct');
    expect(recommended(CHAT, { memoryBytes: 1.2e9 })).toBe('smollm2-360m-instruct');
    expect(recommended(CHAT, { memoryBytes: 2e9 })).toBe('llama-3.2-1b-instruct');
    expect(recommended(CHAT, { memoryBytes: 4e9 })).toBe('llama-3.2-3b-instruct');
  });

  it('is not one that writes slower than people read, however much memory there is', () => {
    const verdicts = recommendModels(MODEL_PROFILES, CHAT, { memoryBytes: 64e9 });
    expect(verdicts[0]?.profile.modelId).toBe('llama-3.2-3b-instruct');
    const large = verdicts.find(({ profile }) => profile.modelId === 'llama-3.1-8b-instruct');
    expect(large).toMatchObject({ verdict: 'slow', on: 'CPU' });
  });

  it('is a large one where a GPU holds it', () => {
    expect(recommended(CHAT, { memoryBytes: 8e9, gpuMemoryBytes: 12e9 })).toBe('llama-3.1-8b-instruct');
  });

  it('suits the purpose', () => {
    const machine = { memoryBytes: 64e9, gpuMemoryBytes: 24e9 };
    expect(recommended({ ...CHAT, purpose: 'agent' }, machine)).toBe('llama-3.1-8b-instruct');
    expect(recommended({ ...CHAT, purpose: 'completion' }, machine)).toBe('llama-3-8b');
    expect(recommended({ ...CHAT, purpose: 'embedding', contextTokens: 512 }, machine)).toBe('multilingual-e5-small');
  });

  it('holds the context asked for', () => {
    const verdicts = recommendModels(MODEL_PROFILES, { ...CHAT, contextTokens: 32_768 }, { memoryBytes: 64e9 });
    expect(verdicts.find(({ profile }) => profile.modelId === 'smollm2-1.7b-instruct')).toMatchObject({
      verdict: 'unsuited',
      reason: 'holds 8192 tokens of the 32768 asked for',
    });
  });

  it('is the fastest where all that fit are slow', () => {
    const profiles = MODEL_PROFILES.filter(({ parameters }) => parameters === '8B');
    const [first] = recommendModels(profiles, CHAT, { memoryBytes: 64e9 });
    expect(first).toMatchObject({ verdict: 'recommended', profile: { modelId: 'llama-3-8b-instruct' } });
    expect(first?.reason).toContain('slower than people read');
  });

  it('is none where nothing fits, and every model says why', () => {
    const verdicts = recommendModels(MODEL_PROFILES, CHAT, { memoryBytes: 1e8 });
    expect(verdicts.map(({ verdict }) => verdict)).not.toContain('recommended');
    expect(verdicts.every(({ reason }) => /are free|is made for|holds/u.test(reason))).toBe(true);
  });

  it('always fits and loses no model, whatever the machine', () => {
    const bytes = fc.integer({ min: 0, max: 64e9 });
    fc.assert(
      fc.property(bytes, fc.option(bytes, { nil: undefined }), (memoryBytes, gpuMemoryBytes) => {
        const verdicts = recommendModels(MODEL_PROFILES, CHAT, { memoryBytes, gpuMemoryBytes });
        expect(verdicts).toHaveLength(MODEL_PROFILES.length);
        const best = verdicts.find(({ verdict }) => verdict === 'recommended');
        if (best === undefined) return;
        expect(neededMemory(best.profile, CHAT)).toBeLessThanOrEqual(Math.max(memoryBytes, gpuMemoryBytes ?? 0));
      }),
    );
  });
});
