import type { StreamPart } from '../http/stream-part.js';
import { firstAccepted, type BegunAnswer } from './continue-answer.js';
import { limitThoughts } from './limit-thoughts.js';
import { thinkAgain } from './think-again.js';

export interface UnwrittenAnswer extends Pick<BegunAnswer, 'traits' | 'body' | 'rest' | 'whole'> {
  /** The prompt with the thoughts so far at its end. */
  readonly continued: BegunAnswer['body'];
  /** The thoughts so far, and the number of their tokens; an empty text if there are none. */
  readonly shown: string;
  readonly shownTokens: number;
  readonly maxThinkingTokens: number | undefined;
}

/**
 * Requests an answer that has no text yet. If another attempt began the thoughts, the server continues them if it can, otherwise it writes
 * them again (`thinkAgain`). Beyond their limit, the answer is requested without thoughts (`limitThoughts`).
 */
export function beginAnswer(answer: UnwrittenAnswer): AsyncIterable<StreamPart> {
  const { traits, body, continued, shown, shownTokens, maxThinkingTokens, rest, whole } = answer;
  const again = (): AsyncIterable<StreamPart> => thinkAgain(whole(), { shown, shownTokens });
  const goesOn = shown !== '' && traits.continuesThoughts === true;
  const parts = goesOn ? firstAccepted([() => rest(continued), again]) : again();
  if (maxThinkingTokens === undefined) return parts;
  const most = Math.max(0, maxThinkingTokens - shownTokens);
  const isObeyed = traits.thinkingBudget !== undefined;
  return limitThoughts(parts, { most, isObeyed }, () => rest({ ...body, ...traits.thinking(false) }));
}
