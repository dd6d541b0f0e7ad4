import type { AnswerText } from './answer-text.js';
import { NumberedRepetitionDetector } from './numbered-repetition.js';
import { RepetitionDetector } from './repetition-detector.js';

/** Detects that an answer goes round in circles: repeated tokens, or repeated words under a running number. */
export class AnswerRepetition {
  /** Whether the part that was written before already repeats itself. */
  readonly isThere: boolean;
  private readonly tokens: RepetitionDetector;
  private readonly numbered: NumberedRepetitionDetector;
  private looked = 0;

  /** @param limit `Decoding.repetitionLimit`; 0 disables the detection */
  constructor(
    limit: number,
    private readonly answer: Pick<AnswerText, 'tokens' | 'text'>,
  ) {
    this.tokens = new RepetitionDetector(limit);
    this.numbered = new NumberedRepetitionDetector(limit);
    const repeats = answer.tokens.map((token) => this.tokens.push(token)).includes(true);
    this.isThere = this.lookOn() || repeats;
  }

  /** Call this after adding a token to the answer; true if the answer repeats itself. */
  push(token: number): boolean {
    const repeats = this.tokens.push(token);
    return this.lookOn() || repeats;
  }

  private lookOn(): boolean {
    const { text } = this.answer;
    const news = text.slice(this.looked);
    this.looked = text.length;
    return this.numbered.push(news);
  }
}
