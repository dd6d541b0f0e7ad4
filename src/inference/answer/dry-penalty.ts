export interface DrySettings {
  /** 0 is off. */
  readonly multiplier: number;
  readonly base: number;
  /** Repetitions up to this many tokens cost nothing. */
  readonly allowedLength: number;
  /** How many of the newest tokens are looked at. */
  readonly window: number;
}

/**
 * DRY ("don't repeat yourself"): what to subtract from the logits of tokens that would prolong a repetition. A token that would
 * make the newest n tokens plus itself occur a second time costs `multiplier * base^(n - allowedLength)`, from n = allowedLength on.
 * No repetition reaches over a breaker, such as a new line: lists and dialogues may begin their lines alike.
 *
 * Computed here rather than by the engine's own sampler, which counts from the attempt's beginning: a resumed answer must be
 * penalised for what it said before.
 *
 * source: https://github.com/oobabooga/text-generation-webui/pull/5677
 */
export function dryPenalties(
  tokens: readonly number[],
  { multiplier, base, allowedLength, window }: DrySettings,
  isBreaker: (token: number) => boolean,
): ReadonlyMap<number, number> {
  const penalties = new Map<number, number>();
  if (multiplier === 0 || window === 0) return penalties;
  const newest = tokens.slice(-window);
  const end = newest.length - 1;
  for (let at = 0; at < end; at++) {
    const next = newest[at + 1];
    if (next === undefined || isBreaker(next)) continue;
    const length = commonSuffix(newest, at, end, isBreaker);
    if (length < Math.max(1, allowedLength)) continue;
    const penalty = multiplier * base ** (length - allowedLength);
    penalties.set(next, Math.max(penalty, penalties.get(next) ?? 0));
  }
  return penalties;
}

/** No more is told apart: base^50 is beyond any logit already. */
const LONGEST_MATCH = 50;

/** How many tokens up to and with `at` equal those up to and with `end`. */
function commonSuffix(
  tokens: readonly number[],
  at: number,
  end: number,
  isBreaker: (token: number) => boolean,
): number {
  let length = 0;
  while (length <= at && length < LONGEST_MATCH) {
    const token = tokens[at - length];
    if (token === undefined || token !== tokens[end - length] || isBreaker(token)) break;
    length++;
  }
  return length;
}
