import type { Checkpoint, TextDelta } from '../language-model.js';
import { ThoughtSplitter, unfinished, type ThoughtMarks } from './thought-splitter.js';

export interface AnswerTextOptions {
  /** Text of `tokens`; `previous` are those before them, which decide about leading spaces in some vocabularies. */
  readonly detokenize: (tokens: readonly number[], previous: readonly number[]) => string;
  /** Whether each token's text is whole, so that a U+FFFD in it is one that was written. Default: no. */
  readonly isWhole?: boolean;
  /** They hold in the answer alone, not in thoughts. */
  readonly stop?: readonly string[];
  /** How thoughts are marked. Default: all that is written is the answer. */
  readonly thinking?: ThoughtMarks | undefined;
  /** Text of `tokens` with special tokens by name, where they may be part of a mark of thoughts. Default: `detokenize`. */
  readonly detokenizeMarked?: AnswerTextOptions['detokenize'];
  /** An answer that is gone on with: its text counts as shown and is never taken back. Its first delta leaves out the tokens that were told, all of them by default. */
  readonly resumed?: (Checkpoint & { readonly told?: number; readonly thinkingTokens?: number }) | undefined;
}

/** Tokens after which an unfinished character is taken for garbage: no character has more than 4 bytes. */
const LONGEST_CHARACTER_TOKENS = 4;

/**
 * Turns tokens into text that may be shown: thoughts apart, no half characters, and nothing that is or may become a stop string or a mark
 * of thoughts. Text once shown is never taken back.
 */
export class AnswerText {
  /** All tokens so far, also those whose text is held back. */
  readonly tokens: number[] = [];
  private thoughts = '';
  private thoughtTokens = 0;
  private readonly splitter: ThoughtSplitter | undefined;
  /** Of the answer. Decoded up to the last whole character. */
  private decoded = '';
  private shownLength = 0;
  /** Where in `tokens` the not yet wholly decoded ones begin, and how much of their text is in `decoded`. */
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

  /** What may be shown. */
  get text(): string {
    return this.decoded.slice(0, this.shownLength);
  }

  /** The thoughts before it. */
  get thinking(): string {
    return this.thoughts;
  }

  /** Whether the next token is one of a thought, or of the mark that closes it. */
  get isThinking(): boolean {
    return this.splitter?.state === 'thinking';
  }

  /** Tokens of thoughts and of the mark that closed them. */
  get thinkingTokens(): number {
    return this.thoughtTokens;
  }

  /** What the tokens spell but for marks: also what is held back, unless it may become a mark. Undefined when it may. */
  get written(): { readonly thinking: string; readonly text: string } | undefined {
    const held = this.splitter?.heldBack ?? '';
    if (held.trim() !== '') return undefined;
    return this.isThinking && this.thoughts !== ''
      ? { thinking: this.thoughts + held, text: '' }
      : { thinking: this.thoughts, text: this.decoded };
  }

  /** Whether a stop string was met: then no more may be added. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** Adds a token; true when a stop string is met, after which no more may be added. */
  push(token: number): boolean {
    if (this.isThinking) this.thoughtTokens++;
    this.tokens.push(token);
    this.decode();
    this.stopped = this.reveal();
    return this.stopped;
  }

  /** Shows what was held back in case it became a stop string. An unfinished character stays hidden. */
  finish(): void {
    if (this.stopped) return;
    this.take(this.splitter?.end());
    this.shownLength = this.decoded.length;
  }

  /** What has come since the call before: thoughts first, and the answer with the next call. Undefined when there is no new text. */
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

  /** Counts the first `length` units of text, of thoughts the first `thoughts`, and all tokens, as taken. */
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

  /** A stop string begins at or after what is shown, since its beginnings are held back. */
  private searchFrom(stop: string): number {
    return Math.max(0, this.shownLength - stop.length + 1);
  }
}
