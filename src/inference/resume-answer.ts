import { AnswerText, type AnswerTextOptions } from './answer-text.js';
import type { Checkpoint } from './language-model.js';
import type { Vocabulary } from './llama-vocabulary.js';

/**
 * An answer as it stood at `checkpoint`, so that its text goes on exactly where readers saw it end. Its tokens are trusted
 * when they spell its text, or the beginning of it, after which the rest is tokenized; otherwise (another model or vocabulary wrote it)
 * the whole text is.
 */
export function resumeAnswer(
  checkpoint: Checkpoint | undefined,
  options: AnswerTextOptions & Pick<Vocabulary, 'tokenize' | 'isToken'>,
): AnswerText {
  const answer = new AnswerText(options);
  if (checkpoint === undefined) return answer;
  const known = checkpoint.tokens.every((token) => options.isToken(token));
  if (known) checkpoint.tokens.some((token) => answer.push(token));
  if (known && answer.text.startsWith(checkpoint.text)) {
    answer.skipDelta(checkpoint.text.length);
    return answer;
  }
  const tokens = (known ? continued(checkpoint, options) : undefined) ?? [...options.tokenize(checkpoint.text)];
  const goesOn = checkpoint.tokens.every((token, index) => token === tokens[index]);
  const told = goesOn ? checkpoint.tokens.length : tokens.length;
  return new AnswerText({ ...options, resumed: { text: checkpoint.text, tokens, told } });
}

/** Tokens at the end of a checkpoint that may hold what was not shown: half a character, or the beginning of a stop string. */
const MAX_HELD_BACK_TOKENS = 8;

/** The checkpoint's tokens and those of the text beyond them; undefined when they do not spell its beginning. */
function continued(
  { text, tokens }: Checkpoint,
  { detokenize, tokenize }: Pick<Vocabulary, 'tokenize' | 'detokenize'>,
): number[] | undefined {
  for (let dropped = 0; dropped <= MAX_HELD_BACK_TOKENS && dropped < tokens.length; dropped++) {
    const kept = tokens.slice(0, tokens.length - dropped);
    const spelt = detokenize(kept, []);
    if (!text.startsWith(spelt)) continue;
    const whole = [...kept, ...tokenize(text.slice(spelt.length))];
    if (detokenize(whole, []) === text) return whole;
  }
  return undefined;
}
