import { AnswerText, type AnswerTextOptions } from './answer-text.js';
import type { Checkpoint } from './language-model.js';

/**
 * An answer as it stood at `checkpoint`, so that its text goes on exactly where readers saw it end. Its tokens are trusted
 * when they spell its text; otherwise (another model or vocabulary wrote it) the text is tokenized anew.
 */
export function resumeAnswer(
  checkpoint: Checkpoint | undefined,
  options: AnswerTextOptions & { readonly tokenize: (text: string) => readonly number[] },
): AnswerText {
  const answer = new AnswerText(options);
  if (checkpoint === undefined) return answer;
  for (const token of checkpoint.tokens) if (answer.push(token)) break;
  if (answer.text.startsWith(checkpoint.text)) {
    answer.skipDelta(checkpoint.text.length);
    return answer;
  }
  return new AnswerText({
    ...options,
    resumed: { text: checkpoint.text, tokens: [...options.tokenize(checkpoint.text)] },
  });
}
