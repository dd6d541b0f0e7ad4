import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRound } from './round-plan.js';

const limits = { batchTokens: 512, turn: 0 };
const generating = (id: number) => ({ id, remainingPromptTokens: 0 });
const waiting = (id: number, remainingPromptTokens: number) => ({ id, remainingPromptTokens });

describe('a round', () => {
  it('gives each generating request a token and one prompt a slice', () => {
    expect(planRound([generating(1), waiting(2, 500), generating(3)], {}, limits)).toEqual({
      generate: [1, 3],
      prefill: { id: 2, tokens: 32 },
    });
  });

  it('sizes the slice so that others wait at most two and a half rounds, of few tokens where they are slow', () => {
    const costs = { generatingRoundMs: 20, prefillTokenMs: 2 };
    expect(planRound([generating(1), waiting(2, 500)], costs, limits).prefill).toEqual({ id: 2, tokens: 15 });
    const slow = { generatingRoundMs: 20, prefillTokenMs: 9 };
    expect(planRound([generating(1), waiting(2, 500)], slow, limits).prefill).toEqual({ id: 2, tokens: 3 });
  });

  it('takes the last few tokens along', () => {
    const costs = { generatingRoundMs: 20, prefillTokenMs: 2 };
    expect(planRound([generating(1), waiting(2, 20)], costs, limits).prefill).toEqual({ id: 2, tokens: 20 });
    expect(planRound([generating(1), waiting(2, 21)], costs, limits).prefill).toEqual({ id: 2, tokens: 15 });
  });

  it('takes larger slices when nobody waits, small enough for a prompt cancellation', () => {
    expect(planRound([waiting(2, 500)], { prefillTokenMs: 2 }, limits).prefill).toEqual({ id: 2, tokens: 40 });
    expect(planRound([waiting(2, 5000)], { prefillTokenMs: 0.01 }, limits).prefill).toEqual({ id: 2, tokens: 512 });
  });

  it('reads prompts that somebody waits for before the others, which come on now and then', () => {
    const active = [{ ...waiting(1, 5000), priority: -1 }, waiting(2, 5000), waiting(3, 5000)];
    const read = Array.from({ length: 42 }, (_, turn) => planRound(active, {}, { ...limits, turn }).prefill?.id);
    const times = (id: number) => read.filter((each) => each === id).length;
    expect(times(1)).toBe(2);
    expect(times(2)).toBeGreaterThanOrEqual(18);
    expect(times(3)).toBeGreaterThanOrEqual(18);
    expect(
      planRound([waiting(2, 50), { ...waiting(1, 50), priority: -1 }], {}, { ...limits, turn: 1 }).prefill?.id,
    ).toBe(2);
  });

  it('lets waiting prompts take turns', () => {
    const active = [waiting(1, 5000), waiting(2, 10)];
    expect(planRound(active, {}, { ...limits, turn: 4 }).prefill?.id).toBe(1);
    expect(planRound(active, {}, { ...limits, turn: 5 }).prefill).toEqual({ id: 2, tokens: 10 });
  });

  it('never exceeds the batch, and always moves something on', () => {
    const requests = fc.uniqueArray(fc.record({ id: fc.nat(20), remainingPromptTokens: fc.nat(3000) }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 16,
    });
    const costs = fc.record(
      {
        generatingRoundMs: fc.double({ min: 0.1, max: 500, noNaN: true }),
        prefillTokenMs: fc.double({ min: 0.01, max: 50, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(requests, costs, fc.nat(), (active, known, turn) => {
        const { generate, prefill } = planRound(active, known, { batchTokens: 32, turn });
        expect(generate.length + (prefill?.tokens ?? 0)).toBeLessThanOrEqual(32);
        expect(generate.length + (prefill?.tokens ?? 0)).toBeGreaterThan(0);
      }),
    );
  });
});
