/** An answered turn, as later prompts contain it. */
export interface ChatTurn {
  readonly turn: number;
  readonly user: string;
  readonly assistant: string;
  /** The model's thoughts before its answer. */
  readonly thinking?: string;
}

/** Maximum share of the window that is used after turns had to be left out; the rest is room for later turns. */
const REFILL_SHARE = 0.6;

/**
 * Chooses the first turn of the prompt, so that the prompt fits the token budget.
 *
 * - Turns are kept whole, newest first; the oldest are left out.
 * - As long as everything since `fromIndex` (the beginning of the previous prompt) fits, the beginning stays, because an unchanged
 *   beginning lets the engine reuse its cache.
 * - If it does not fit, turns are left out until the prompt takes at most 60% of the tokens, so that the beginning rarely moves.
 * - The persona and the newest user message are always included; if these alone do not fit, no answer is possible: `undefined`.
 *
 * @param options.turnCount number of turns that the prompt could include, without the newest message
 * @param options.countFrom exact tokens of the prompt whose first turn has this index (0 to `turnCount`), including persona and newest
 *   message; never grows with the index
 */
export async function chooseFirstTurn(options: {
  readonly turnCount: number;
  readonly fromIndex: number;
  readonly budgetTokens: number;
  readonly countFrom: (index: number) => Promise<number>;
}): Promise<{ readonly index: number; readonly promptTokens: number } | undefined> {
  const { turnCount, budgetTokens, countFrom } = options;
  const start = Math.min(Math.max(options.fromIndex, 0), turnCount);
  const unchanged = await countFrom(start);
  if (unchanged <= budgetTokens) return { index: start, promptTokens: unchanged };

  const bare = await countFrom(turnCount);
  if (bare > budgetTokens) return undefined;
  // If persona and message alone exceed the share, it cannot be met, and the prompt includes no earlier turn.
  const target = Math.max(budgetTokens * REFILL_SHARE, bare);
  let low = start + 1;
  let high = turnCount;
  let best = { index: turnCount, promptTokens: bare };
  while (low < high) {
    const middle = (low + high) >> 1;
    const promptTokens = await countFrom(middle);
    if (promptTokens <= target) {
      best = { index: middle, promptTokens };
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return best;
}
