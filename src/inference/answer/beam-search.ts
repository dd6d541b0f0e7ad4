/** A token that may come next, with the natural logarithm of its probability. */
export interface Candidate {
  readonly token: number;
  readonly logprob: number;
}

export interface BeamSearchOptions {
  /** Number of continuations followed at the same time. */
  readonly width: number;
  /** Number of continuations to return, at most `width`. */
  readonly best: number;
  /**
   * Exponent of the ranking `logprob / length ** lengthPenalty`: 0 ranks by probability, which favours short continuations; 1 ranks by the
   * mean of their tokens.
   */
  readonly lengthPenalty: number;
  readonly maxTokens: number;
  /** Returns the likeliest next tokens of each beam, likeliest first; `wanted` of them or fewer. */
  readonly expand: (
    beams: readonly (readonly number[])[],
    wanted: number,
  ) => Promise<readonly (readonly Candidate[])[]>;
  /** Whether a continuation ends with its newest token. */
  readonly isComplete: (tokens: readonly number[]) => boolean;
  /** Called before each step; true ends the search with the continuations found so far. */
  readonly isInterrupted?: () => boolean;
}

export interface FoundBeam {
  /** Includes the token that ended it. */
  readonly tokens: readonly number[];
  /** Log-probability of the whole continuation: the sum over its tokens. */
  readonly logprob: number;
  readonly score: number;
  readonly isComplete: boolean;
}

/** An unfinished continuation. */
interface OpenBeam {
  readonly tokens: readonly number[];
  readonly logprob: number;
  /** Whether it consists of the likeliest token at each step. */
  readonly isGreedy: boolean;
}

/**
 * Finds the likeliest continuations in a search of limited width, best first. One place is reserved for the greedy continuation, which
 * others might evict before it proves better; so the result is never less likely than the greedy one. The search ends as soon as no open
 * continuation can enter the result.
 *
 * source: the variant of Hugging Face's `BeamSearchScorer` with `early_stopping="never"`,
 * https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/generation/beam_search.py
 */
export async function beamSearch(options: BeamSearchOptions): Promise<FoundBeam[]> {
  const { width, best, lengthPenalty, maxTokens, expand, isComplete, isInterrupted = () => false } = options;
  const score = (logprob: number, length: number): number => logprob / length ** lengthPenalty;
  const found: FoundBeam[] = [];
  let open: OpenBeam[] = [{ tokens: [], logprob: 0, isGreedy: true }];

  // The log-probability of a growing continuation only falls; divided by the greatest length, it is an upper bound of the score.
  const mayEnter = (logprob: number): boolean => {
    const worst = found[best - 1];
    return worst === undefined || score(logprob, lengthPenalty > 0 ? maxTokens : 1) > worst.score;
  };

  for (let length = 1; length <= maxTokens && open.length > 0 && !isInterrupted(); length++) {
    // Requests twice as many, because some end their continuation and `width` open ones are needed.
    const next = await expand(
      open.map(({ tokens }) => tokens),
      2 * width,
    );
    // The results of an interrupted step are unusable; the continuations from before it stay open.
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
