import { createRandom, shuffled } from './random.js';

export interface Fault {
  /** After the beginning of the run. */
  readonly atMs: number;
  /** Index of the part. */
  readonly part: number;
}

/** So that a run of one minute has its six kills with one to spare. */
const FAULTS_PER_MINUTE = 7;

/**
 * When which part is killed: follows from the seed, the time and the number of parts alone. Pauses are from half to one and a half of
 * the mean; parts come in rounds, each in an order of its own, so that none is spared.
 */
export function planFaults({
  seed,
  minutes,
  parts,
}: {
  readonly seed: number;
  readonly minutes: number;
  readonly parts: number;
}): Fault[] {
  const random = createRandom(seed);
  const count = Math.ceil(minutes * FAULTS_PER_MINUTE);
  const meanMs = (minutes * 60_000) / count;
  const faults: Fault[] = [];
  let round: number[] = [];
  let atMs = 0;
  for (let number = 0; number < count; number++) {
    if (round.length === 0) {
      round = shuffled(
        Array.from({ length: parts }, (_, part) => part),
        random,
      );
    }
    atMs += meanMs * (0.5 + random());
    faults.push({ atMs: Math.min(Math.round(atMs), minutes * 60_000), part: round.pop() ?? 0 });
  }
  return faults;
}
