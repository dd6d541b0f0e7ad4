/** A turn that has an answer: what later prompts are made of. */
export interface ChatTurn {
  readonly turn: number;
  readonly user: string;
  readonly assistant: string;
  /** What the model thought before it answered. */
  readonly thinking?: string;
}

/** How full the window may be after turns had to be left out; the rest is room for the turns to come. */
const REFILL_SHARE = 0.6;

/**
 * Chooses where the prompt begins, so that it fits the tokens there are.
 *
 * - Turns are kept whole, newest first; what is left out is always the oldest.
 * - While everything since `fromIndex` (where the prompt before began) fits, the beginning stays: an unchanged beginning is what lets
 *   the engine reuse its cache.
 * - When it does not, turns are left out until the prompt takes at most 60% of the tokens, so that the beginning moves seldom.
 * - The persona and the newest user message are always in; when they alone do not fit, there is no answer: `undefined`.
 *
 * @param options.turnCount turns that could be in the prompt, the newest message not counted
 * @param options.countFrom exact tokens of the prompt whose first turn has this index (0 to `turnCount`), persona and newest
 *   message included; never grows with the index
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
  // When persona and message fill the window by themselves, the share cannot be met: then no earlier turn is in.
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
