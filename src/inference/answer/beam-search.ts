/** A token that may come next, with the natural logarithm of its probability. */
export interface Candidate {
  readonly token: number;
  readonly logprob: number;
}

export interface BeamSearchOptions {
  /** Continuations that are followed at the same time. */
  readonly width: number;
  /** Continuations wanted, at most `width`. */
  readonly best: number;
  /**
   * Continuations are ranked by `logprob / length ** lengthPenalty`: 0 ranks by probability, which favours short ones; 1 by
   * the mean of their tokens.
   */
  readonly lengthPenalty: number;
  readonly maxTokens: number;
  /** For each beam its likeliest next tokens, likeliest first; `wanted` of them or fewer. */
  readonly expand: (
    beams: readonly (readonly number[])[],
    wanted: number,
  ) => Promise<readonly (readonly Candidate[])[]>;
  /** Whether a continuation ends with its newest token. */
  readonly isComplete: (tokens: readonly number[]) => boolean;
  /** Asked before each step; true ends the search with what there is. */
  readonly isInterrupted?: () => boolean;
}

export interface FoundBeam {
  /** With the token that ended it. */
  readonly tokens: readonly number[];
  /** Of the whole continuation: the sum over its tokens. */
  readonly logprob: number;
  readonly score: number;
  readonly isComplete: boolean;
}

/** A continuation under way. */
interface OpenBeam {
  readonly tokens: readonly number[];
  readonly logprob: number;
  /** Made of nothing but the likeliest token at each step. */
  readonly isGreedy: boolean;
}

/**
 * The likeliest continuations that a search of limited width finds, best first. One place is the greedy continuation's, which
 * others might push out before it proves better: so what is found is never less likely than it. The search ends as soon as no
 * continuation that is still open can enter the result.
 *
 * source: the variant of Hugging Face's `BeamSearchScorer` with `early_stopping="never"`,
 * https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/generation/beam_search.py
 */
export async function beamSearch(options: BeamSearchOptions): Promise<FoundBeam[]> {
  const { width, best, lengthPenalty, maxTokens, expand, isComplete, isInterrupted = () => false } = options;
  const score = (logprob: number, length: number): number => logprob / length ** lengthPenalty;
  const found: FoundBeam[] = [];
  let open: OpenBeam[] = [{ tokens: [], logprob: 0, isGreedy: true }];

  // As it grows, a continuation's log-probability only falls; divided by the greatest length it is a bound of its score.
  const mayEnter = (logprob: number): boolean => {
    const worst = found[best - 1];
    return worst === undefined || score(logprob, lengthPenalty > 0 ? maxTokens : 1) > worst.score;
  };

  for (let length = 1; length <= maxTokens && open.length > 0 && !isInterrupted(); length++) {
    // Twice as many: some of them end their continuation, and `width` are wanted that do not.
    const next = await expand(
      open.map(({ tokens }) => tokens),
      2 * width,
    );
    // A step that was cut short says nothing: what was open before it stays open.
    if (isInterrupted()) break;
    const grown = open
      .flatMap((beam, index) =>
        (next[index] ?? []).map(({ token, logprob }, rank): OpenBeam => ({
          tokens: [...beam.tokens, token],
          logprob: beam.logprob + logprob,
          isGreedy: beam.isGreedy && rank === 0,
        })),
      )
      .toSorted((a, b) => b.logprob - a.logprob);
    open = [];
    let places = width - (grown.some(({ isGreedy }) => isGreedy) ? 1 : 0);
    for (const beam of grown) {
      if (places === 0 && !beam.isGreedy) continue;
      const { tokens, logprob, isGreedy } = beam;
      if (isComplete(tokens)) found.push({ tokens, logprob, score: score(logprob, length), isComplete: true });
      else {
        open.push(beam);
        if (!isGreedy) places--;
      }
    }
    found.sort((a, b) => b.score - a.score);
    open = open.filter(({ logprob }) => mayEnter(logprob));
  }
  const unfinished = open.map(({ tokens, logprob }) => ({
    tokens,
    logprob,
    score: score(logprob, Math.max(1, tokens.length)),
    isComplete: false,
  }));
  return [...found, ...unfinished].toSorted((a, b) => b.score - a.score).slice(0, best);
}
