import { AnswerText, type AnswerTextOptions } from './answer-text.js';
import type { Checkpoint } from './language-model.js';
import type { Vocabulary } from './llama-vocabulary.js';

/**
 * An answer as it stood at `checkpoint`, so that its text goes on exactly where readers saw it end. Its tokens are trusted
 * when they spell its text; otherwise (another model or vocabulary wrote it) the text is tokenized anew.
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
  return new AnswerText({
    ...options,
    resumed: { text: checkpoint.text, tokens: [...options.tokenize(checkpoint.text)] },
  });
}
