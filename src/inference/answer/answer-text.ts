import type { Checkpoint, TextDelta } from '../language-model.js';
import { ThoughtSplitter, unfinished, type ThoughtMarks } from './thought-splitter.js';

export interface AnswerTextOptions {
  /** Text of `tokens`; `previous` holds the preceding tokens, which determine leading spaces in some vocabularies. */
  readonly detokenize: (tokens: readonly number[], previous: readonly number[]) => string;
  /** Whether each token's text consists of whole characters, so that a U+FFFD in it is an actual one. Default: no. */
  readonly isWhole?: boolean;
  /** Stop strings, which apply only to the answer and not to thoughts. */
  readonly stop?: readonly string[];
  /** The marks of thoughts. Default: everything written is the answer. */
  readonly thinking?: ThoughtMarks | undefined;
  /** Text of `tokens` with special tokens by name, used where they may be part of a mark of thoughts. Default: `detokenize`. */
  readonly detokenizeMarked?: AnswerTextOptions['detokenize'];
  /**
   * An answer to continue: its text counts as shown and is never taken back. The first delta omits the tokens that were already reported,
   * which are all of them by default.
   */
  readonly resumed?: (Checkpoint & { readonly told?: number; readonly thinkingTokens?: number }) | undefined;
}

/** Number of tokens after which an unfinished character is considered invalid: no character has more than 4 bytes. */
const LONGEST_CHARACTER_TOKENS = 4;

/**
 * Converts tokens to text that may be shown: thoughts are separate, characters are complete, and nothing in it is or may become a stop
 * string or a mark of thoughts. Text that was shown is never taken back.
 */
export class AnswerText {
  /** All tokens so far, including those whose text is held back. */
  readonly tokens: number[] = [];
  private thoughts = '';
  private thoughtTokens = 0;
  private readonly splitter: ThoughtSplitter | undefined;
  /** Text of the answer, decoded up to the last complete character. */
  private decoded = '';
  private shownLength = 0;
  /** Where in `tokens` the tokens that are not completely decoded begin, and how much of their text is already in `decoded`. */
  private pendingFrom = 0;
  private pendingDecoded = 0;
  private pendingStalled = 0;
  private pendingIsMarked = false;
  private takenTokens = 0;
  private takenLength = 0;
  private takenThoughts = 0;
  private stopped = false;

  constructor(private readonly options: AnswerTextOptions) {
    const { resumed, thinking } = options;
    const { text = '', thinking: thoughts = '', tokens = [], told = tokens.length, thinkingTokens = 0 } = resumed ?? {};
    this.splitter = thinking && new ThoughtSplitter(thinking, { thinking: thoughts, text });
    this.tokens.push(...tokens);
    this.decoded = text;
    this.thoughts = thoughts;
    this.thoughtTokens = thinkingTokens;
    this.shownLength = this.takenLength = text.length;
    this.takenThoughts = thoughts.length;
    this.takenTokens = told;
    this.startPending();
  }

  /** The text that may be shown. */
  get text(): string {
    return this.decoded.slice(0, this.shownLength);
  }

  /** The thoughts before the text. */
  get thinking(): string {
    return this.thoughts;
  }

  /** Whether the next token belongs to a thought, or to the mark that closes it. */
  get isThinking(): boolean {
    return this.splitter?.state === 'thinking';
  }

  /** Number of tokens of thoughts and of the mark that closed them. */
  get thinkingTokens(): number {
    return this.thoughtTokens;
  }

  /** The text of the tokens without marks, including text that is held back, unless that may become a mark: then undefined. */
  get written(): { readonly thinking: string; readonly text: string } | undefined {
    const held = this.splitter?.heldBack ?? '';
    if (held.trim() !== '') return undefined;
    return this.isThinking && this.thoughts !== ''
      ? { thinking: this.thoughts + held, text: '' }
      : { thinking: this.thoughts, text: this.decoded };
  }

  /** Whether a stop string was found; no more tokens may be added then. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** Adds a token; true if this completes a stop string, after which no more tokens may be added. */
  push(token: number): boolean {
    if (this.isThinking) this.thoughtTokens++;
    this.tokens.push(token);
    this.decode();
    this.stopped = this.reveal();
    return this.stopped;
  }

  /** Shows the text that was held back because it could have become a stop string. An unfinished character stays hidden. */
  finish(): void {
    if (this.stopped) return;
    this.take(this.splitter?.end());
    this.shownLength = this.decoded.length;
  }

  /** The text since the previous call: thoughts first, and the answer with the next call. Undefined if there is no new text. */
  takeDelta(): TextDelta | undefined {
    const thoughts = this.thoughts.slice(this.takenThoughts);
    if (thoughts !== '') {
      const offset = this.takenThoughts;
      this.takenThoughts = this.thoughts.length;
      return { part: 'thinking', offset, text: thoughts, tokens: this.takeTokens() };
    }
    if (this.takenLength === this.shownLength) return undefined;
    const offset = this.takenLength;
    this.takenLength = this.shownLength;
    return { offset, text: this.decoded.slice(offset, this.shownLength), tokens: this.takeTokens() };
  }

  /** Marks the first `length` units of text, the first `thoughts` units of thoughts, and all tokens as taken. */
  skipDelta(length: number, thoughts = 0): void {
    this.takenLength = Math.min(length, this.shownLength);
    this.takenThoughts = Math.min(thoughts, this.thoughts.length);
    this.takenTokens = this.tokens.length;
  }

  private takeTokens(): number[] {
    const tokens = this.tokens.slice(this.takenTokens);
    this.takenTokens = this.tokens.length;
    return tokens;
  }

  private take(piece: { readonly thinking: string; readonly text: string } | undefined): void {
    this.thoughts += piece?.thinking ?? '';
    this.decoded += piece?.text ?? '';
  }

  private grow(text: string): void {
    this.take(this.splitter === undefined ? { thinking: '', text } : this.splitter.push(text));
  }

  private decode(): void {
    const before = this.tokens.slice(Math.max(0, this.pendingFrom - 4), this.pendingFrom);
    const { detokenize, detokenizeMarked = detokenize } = this.options;
    const decode = this.pendingIsMarked ? detokenizeMarked : detokenize;
    const text = decode(this.tokens.slice(this.pendingFrom), before);
    const whole = this.options.isWhole === true ? text : text.replace(/\uFFFD+$/, '');
    const grew = whole.length > this.pendingDecoded;
    if (grew) {
      this.grow(whole.slice(this.pendingDecoded));
      this.pendingDecoded = whole.length;
    }
    this.pendingStalled = grew ? 0 : this.pendingStalled + 1;
    if (whole === text) this.startPending();
    else if (this.pendingStalled >= LONGEST_CHARACTER_TOKENS) {
      this.grow(text.slice(this.pendingDecoded));
      this.startPending();
    }
  }

  private startPending(): void {
    this.pendingFrom = this.tokens.length;
    this.pendingDecoded = 0;
    this.pendingStalled = 0;
    this.pendingIsMarked = this.splitter !== undefined && this.splitter.state !== 'text';
  }

  private reveal(): boolean {
    const stops = (this.options.stop ?? []).filter((stop) => stop !== '');
    const found = stops.map((stop) => this.decoded.indexOf(stop, this.searchFrom(stop))).filter((at) => at >= 0);
    if (found.length > 0) {
      this.decoded = this.decoded.slice(0, Math.max(this.shownLength, Math.min(...found)));
      this.shownLength = this.decoded.length;
      return true;
    }
    const held = Math.max(0, ...stops.map((stop) => unfinished(this.decoded, stop)));
    this.shownLength = Math.max(this.shownLength, this.decoded.length - held);
    return false;
  }

  /** Position from which a stop string may be found; the text before it was already searched. */
  private searchFrom(stop: string): number {
    return Math.max(0, this.shownLength - stop.length + 1);
  }
}
