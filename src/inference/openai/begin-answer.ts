import type { StreamPart } from '../http/stream-part.js';
import { firstAccepted, type BegunAnswer } from './continue-answer.js';
import { limitThoughts } from './limit-thoughts.js';
import { thinkAgain } from './think-again.js';

export interface UnwrittenAnswer extends Pick<BegunAnswer, 'traits' | 'body' | 'rest' | 'whole'> {
  /** The prompt with the thoughts so far at its end. */
  readonly continued: BegunAnswer['body'];
  /** The thoughts so far, and their tokens; an empty text where there are none. */
  readonly shown: string;
  readonly shownTokens: number;
  readonly maxThinkingTokens: number | undefined;
}

/**
 * Has an answer written of which there is no text yet. Thoughts that another attempt began are gone on with where the server can do that,
 * else thought again (`thinkAgain`); beyond their limit the answer is asked for without them (`limitThoughts`).
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
