import type { ChatTemplate } from './open-chat-template.js';
import { splitAtSpecialTokens, type SpecialTokenIndex } from './special-tokens.js';

export interface TurnEnds {
  readonly tokens: ReadonlySet<number>;
  readonly texts: readonly string[];
}

/**
 * Finds the tokens and texts that end an answer from the text that the template writes after one: the first special token, or the text if
 * it precedes every special token. A token that also stands between thoughts and their answer does not end an answer.
 */
export function turnEnds(
  { afterAnswer, thinking }: Pick<ChatTemplate, 'afterAnswer' | 'thinking'>,
  specials: SpecialTokenIndex,
): TurnEnds {
  const tokens = new Set<number>();
  const texts = new Set<string>();
  for (const written of afterAnswer) {
    const fragments = splitAtSpecialTokens(written, specials);
    const [first] = fragments.filter((fragment) => typeof fragment !== 'string' || fragment.trim() !== '');
    if (typeof first === 'string') texts.add(first.trimEnd());
    else if (first !== undefined && thinking?.close.includes(first.text) !== true) tokens.add(first.token);
  }
  return { tokens, texts: [...texts] };
}
