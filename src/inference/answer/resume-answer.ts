import { AnswerText, type AnswerTextOptions } from './answer-text.js';
import type { Checkpoint } from '../language-model.js';
import type { Vocabulary } from '../vocabulary/llama-vocabulary.js';

export type ResumeAnswerOptions = AnswerTextOptions &
  Pick<Vocabulary, 'tokenize' | 'isToken'> & {
    /** Tokens of the marks that open and close thoughts; needed if thoughts are marked. */
    readonly openTokens?: readonly number[] | undefined;
    readonly closeTokens?: readonly number[] | undefined;
  };

/**
 * Restores an answer from `checkpoint`, so that its thoughts and its text continue exactly where readers saw them end. If its tokens spell
 * both, or the beginning of them, they are kept and the rest is tokenized. Otherwise (another model or vocabulary wrote it) everything is
 * tokenized again.
 */
export function resumeAnswer(checkpoint: Checkpoint | undefined, options: ResumeAnswerOptions): AnswerText {
  if (checkpoint === undefined) return new AnswerText(options);
  const { text, thinking = '' } = checkpoint;
  const isKnown = checkpoint.tokens.every((token) => options.isToken(token));
  const answer = spelt(isKnown ? checkpoint.tokens : [], options);
  if (isKnown && answer.text.startsWith(text) && answer.thinking.startsWith(thinking)) {
    answer.skipDelta(text.length, thinking.length);
    return answer;
  }
  const tokens = (isKnown ? continued(checkpoint, options) : undefined) ?? tokenized(checkpoint, options);
  const goesOn = checkpoint.tokens.every((token, index) => token === tokens[index]);
  const told = goesOn ? checkpoint.tokens.length : tokens.length;
  const { thinkingTokens } = spelt(tokens, options);
  return new AnswerText({ ...options, resumed: { text, thinking, tokens, told, thinkingTokens } });
}

/**
 * Maximum number of tokens at the end of a checkpoint whose text was not shown: half a character, or the beginning of a stop string or
 * mark.
 */
const MAX_HELD_BACK_TOKENS = 8;

/** The checkpoint's tokens and those of text shown beyond them; undefined if the tokens do not spell the beginning of that text. */
function continued(checkpoint: Checkpoint, options: ResumeAnswerOptions): number[] | undefined {
  const { text, thinking = '', tokens } = checkpoint;
  for (let dropped = 0; dropped <= MAX_HELD_BACK_TOKENS && dropped < tokens.length; dropped++) {
    const kept = tokens.slice(0, tokens.length - dropped);
    const { written, isThinking } = spelt(kept, { ...options, stop: [] });
    if (written === undefined) continue;
    const isBeginning = text === '' || isThinking ? written.text === '' : written.thinking === thinking;
    if (!isBeginning || !thinking.startsWith(written.thinking) || !text.startsWith(written.text)) continue;
    const rest = isThinking
      ? [...options.tokenize(thinking.slice(written.thinking.length)), ...answered(text, options)]
      : options.tokenize(text.slice(written.text.length));
    const whole = [...kept, ...rest];
    const again = spelt(whole, { ...options, stop: [] }).written;
    if (again?.text === text && again.thinking === thinking) return whole;
  }
  return undefined;
}

function tokenized({ text, thinking = '' }: Checkpoint, options: ResumeAnswerOptions): number[] {
  if (thinking === '') return options.tokenize(text);
  const opened = options.thinking?.isOpen === true ? [] : (options.openTokens ?? []);
  return [...opened, ...options.tokenize(thinking), ...answered(text, options)];
}

/** The tokens that close thoughts, followed by those of the answer. */
function answered(text: string, { closeTokens = [], tokenize }: ResumeAnswerOptions): number[] {
  return text === '' ? [] : [...closeTokens, ...tokenize(text)];
}

function spelt(tokens: readonly number[], options: AnswerTextOptions): AnswerText {
  const answer = new AnswerText(options);
  tokens.some((token) => answer.push(token));
  return answer;
}
