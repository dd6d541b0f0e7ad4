import type { ChatTemplate } from './open-chat-template.js';
import { splitAtSpecialTokens, type SpecialTokenIndex } from './special-tokens.js';

export interface TurnEnds {
  readonly tokens: ReadonlySet<number>;
  readonly texts: readonly string[];
}

/**
 * What ends an answer, by what the template writes after one: its first special token, or its text where there is none before it. What also
 * stands between thoughts and their answer ends nothing.
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
