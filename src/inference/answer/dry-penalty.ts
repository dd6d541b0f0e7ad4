export interface DrySettings {
  /** 0 switches DRY off. */
  readonly multiplier: number;
  readonly base: number;
  /** Repetitions up to this many tokens cost nothing. */
  readonly allowedLength: number;
  /** Number of newest tokens that are searched for repetitions. */
  readonly window: number;
}

/**
 * DRY ("don't repeat yourself"): the amounts to subtract from the logits of tokens that would extend a repetition. If a token would make
 * the newest n tokens plus itself occur a second time, the penalty is `multiplier * base^(n - allowedLength)`, from n = allowedLength on.
 * No repetition extends across a breaker, such as a new line, so that lines of lists and dialogues may begin alike.
 *
 * Computed here instead of by the engine's own sampler, which only counts from the beginning of the attempt: a resumed answer must also be
 * penalised for repeating its earlier text.
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

/** Longer matches are treated as this long, because base^50 already exceeds any logit. */
const LONGEST_MATCH = 50;

/** Number of tokens up to and including `at` that equal those up to and including `end`. */
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
