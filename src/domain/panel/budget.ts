/** One token budget, shared by the coordinator and the experts of a panel. */
export interface TokenBudget {
  /** Missing: not limited. */
  readonly limit?: number;
  readonly spent: number;
  /** Maximum that each running step may spend. */
  readonly reserved: Readonly<Record<string, number>>;
}

/** A step that may write fewer tokens than this is not started, because its result would be useless. */
const LEAST_OUTPUT_TOKENS = 32;

export function newBudget(limit?: number): TokenBudget {
  return { ...(limit !== undefined && { limit }), spent: 0, reserved: {} };
}

/** Tokens that are neither spent nor set aside; infinite without a limit. */
export function freeTokens({ limit, spent, reserved }: TokenBudget): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return limit - spent - Object.values(reserved).reduce((sum, each) => sum + each, 0);
}

/**
 * Sets tokens aside for a step, or fewer than requested if fewer are left.
 *
 * @param step.inputTokens estimated number of tokens that it reads
 * @param step.keepBack tokens to leave for later steps
 * @returns the tokens that it may write; undefined if too few are left
 */
export function reserve(
  budget: TokenBudget,
  id: string,
  {
    inputTokens,
    outputTokens,
    keepBack,
  }: { readonly inputTokens: number; readonly outputTokens: number; readonly keepBack: number },
): { readonly budget: TokenBudget; readonly outputTokens: number } | undefined {
  const granted = Math.min(outputTokens, Math.floor(freeTokens(budget) - keepBack - inputTokens));
  if (granted < Math.min(outputTokens, LEAST_OUTPUT_TOKENS)) return undefined;
  return {
    budget: { ...budget, reserved: { ...budget.reserved, [id]: inputTokens + granted } },
    outputTokens: granted,
  };
}

/** Records the end of a step: the tokens that it spent replace those that were set aside. */
export function settle(budget: TokenBudget, id: string, tokens: number): TokenBudget {
  const { [id]: _settled, ...reserved } = budget.reserved;
  return { ...budget, spent: budget.spent + tokens, reserved };
}

/** Estimates the tokens of texts, high enough for English; other scripts may take more. */
export function estimateTokens(...texts: readonly string[]): number {
  return Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / 3);
}
