import { describe, expect, it } from 'vitest';
import { withDefaults } from '../../domain/decoding.js';
import { samplingSettings, seedAt } from './sampling-settings.js';

describe('sampling settings', () => {
  it('penalise the last tokens of the answer', () => {
    const settings = samplingSettings(withDefaults({ repetitionWindow: 2, repetitionPenalty: 1.2 }), [1, 2, 3]);
    expect(settings).toMatchObject({ penalisedTokens: [2, 3], repetitionPenalty: 1.2 });
  });

  it('penalise nothing when the penalty or its window is off', () => {
    expect(samplingSettings(withDefaults({ repetitionPenalty: 1 }), [1, 2]).penalisedTokens).toEqual([]);
    const noWindow = samplingSettings(withDefaults({ repetitionWindow: 0, repetitionPenalty: 1.2 }), [1, 2]);
    expect(noWindow).toMatchObject({ penalisedTokens: [], repetitionPenalty: 1 });
  });

  it('give each position its own seed, the same on every attempt', () => {
    const seeds = Array.from({ length: 1000 }, (_, position) => seedAt(7, position));
    expect(new Set(seeds).size).toBe(1000);
    expect(seedAt(7, 3)).toBe(seedAt(7, 3));
    expect(seedAt(8, 3)).not.toBe(seedAt(7, 3));
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  });
});
