/** Bias, in logits, of a token that must come next; it outweighs all others. */
const CERTAIN = 1e6;

/** The relevant part of `AnswerText`. */
interface AnswerSoFar {
  readonly isThinking: boolean;
  readonly thinkingTokens: number;
  readonly tokens: readonly number[];
}

/**
 * The bias of the next token once thoughts have reached their limit: it makes the model write the closing mark, token by token. It depends
 * only on the answer, so the thoughts of a resumed answer are closed as they would have been. Undefined: the model chooses freely.
 *
 * @param closeTokens tokens that close thoughts
 * @param maxTokens number of tokens of thoughts before they are closed
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

/** Number of `closeTokens` that already stand at the end of `tokens`. */
function begun(tokens: readonly number[], closeTokens: readonly number[]): number {
  for (let length = Math.min(tokens.length, closeTokens.length - 1); length > 0; length--) {
    if (closeTokens.slice(0, length).every((token, index) => token === tokens[tokens.length - length + index]))
      return length;
  }
  return 0;
}
