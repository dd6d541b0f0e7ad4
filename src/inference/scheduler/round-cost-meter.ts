import type { RoundCosts } from './round-plan.js';

/** Weight of a new measurement in an average. */
const SMOOTHING = 0.2;
/** A round that was delayed by other work on the machine counts as at most this many usual ones. */
const LONGEST_COUNTED = 2;

/** Measures the cost of rounds. Durations are in milliseconds. */
export class RoundCostMeter implements RoundCosts {
  generatingRoundMs: number | undefined;
  prefillTokenMs: number | undefined;

  /** @param round the number of prompt tokens that the round evaluated, and of answers for which it chose a token */
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
