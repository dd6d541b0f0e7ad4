import { pieceId } from '../http/streamed-answer.js';
import type { TokenLogprob, TokenLogprobs } from '../language-model.js';
import type { AnswerLogprobs } from './answer-schema.js';

/**
 * Converts the server's log-probabilities; undefined if there are none. Servers do not return token ids, so a number computed from the text
 * represents each token.
 */
export function toldLogprobs(told: AnswerLogprobs | null | undefined): TokenLogprobs[] | undefined {
  if (!told) return undefined;
  if ('content' in told)
    return told.content.map((one) => ({ ...named(one), top: (one.top_logprobs ?? []).map((each) => named(each)) }));
  return told.tokens.map((token, index) => ({
    ...named({ token, logprob: told.token_logprobs?.[index] ?? 0 }),
    top: Object.entries(told.top_logprobs?.[index] ?? {})
      .map(([text, logprob]) => named({ token: text, logprob }))
      .toSorted((a, b) => b.logprob - a.logprob),
  }));
}

function named({ token, logprob }: { readonly token: string; readonly logprob: number }): TokenLogprob {
  const text = token.toWellFormed();
  return { token: pieceId(text), text, logprob };
}
