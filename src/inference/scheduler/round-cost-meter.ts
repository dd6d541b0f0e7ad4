import type { RoundCosts } from './round-plan.js';

/** How much of a new measurement enters an average. */
const SMOOTHING = 0.2;
/** One round that the machine's other work held up counts as no more than so many usual ones. */
const LONGEST_COUNTED = 2;

/** Learns from rounds what they cost. Durations are in milliseconds. */
export class RoundCostMeter implements RoundCosts {
  generatingRoundMs: number | undefined;
  prefillTokenMs: number | undefined;

  /** @param round how many prompt tokens it evaluated, and for how many answers it chose a token */
  record(roundMs: number, round: { readonly prefillTokens: number; readonly generating: number }): void {
    if (round.prefillTokens === 0) {
      this.generatingRoundMs = average(this.generatingRoundMs, roundMs);
      return;
    }
    const prefillMs = roundMs - (round.generating > 0 ? (this.generatingRoundMs ?? 0) : 0);
    if (prefillMs > 0) this.prefillTokenMs = average(this.prefillTokenMs, prefillMs / round.prefillTokens);
  }
}

/** A moving average. */
export function average(sofar: number | undefined, measured: number): number {
  return sofar === undefined ? measured : sofar + SMOOTHING * (Math.min(measured, sofar * LONGEST_COUNTED) - sofar);
}
