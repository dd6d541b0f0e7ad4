/** How much a token that must come next outweighs all others, in logits. */
const CERTAIN = 1e6;

/** As `AnswerText` tells it. */
interface AnswerSoFar {
  readonly isThinking: boolean;
  readonly thinkingTokens: number;
  readonly tokens: readonly number[];
}

/**
 * The bias of the next token where thoughts have reached their limit: the model writes what closes them, token by token. It depends on the
 * answer alone, so a resumed answer is closed as it would have been. Undefined: the model chooses.
 *
 * @param closeTokens what closes thoughts
 * @param maxTokens of thoughts, before they are closed
 */
export function closingBias(
  answer: AnswerSoFar,
  closeTokens: readonly number[],
  maxTokens = Number.POSITIVE_INFINITY,
): ReadonlyMap<number, number> | undefined {
  const beyond = answer.thinkingTokens - maxTokens;
  if (!answer.isThinking || beyond < 0) return undefined;
  const next = closeTokens[begun(answer.tokens.slice(answer.tokens.length - beyond), closeTokens)];
  return next === undefined ? undefined : new Map([[next, CERTAIN]]);
}

/** How many of `closeTokens` stand at the end of `tokens`. */
function begun(tokens: readonly number[], closeTokens: readonly number[]): number {
  for (let length = Math.min(tokens.length, closeTokens.length - 1); length > 0; length--) {
    if (closeTokens.slice(0, length).every((token, index) => token === tokens[tokens.length - length + index]))
      return length;
  }
  return 0;
}
