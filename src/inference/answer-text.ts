import type { Checkpoint, TextDelta } from './language-model.js';

export interface AnswerTextOptions {
  /** Text of `tokens`; `previous` are those before them, which decide about leading spaces in some vocabularies. */
  readonly detokenize: (tokens: readonly number[], previous: readonly number[]) => string;
  /** Whether each token's text is whole, so that a U+FFFD in it is one that was written. Default: no. */
  readonly isWhole?: boolean;
  readonly stop?: readonly string[];
  /** An answer that is gone on with: its text counts as shown and is never taken back. Its first delta leaves out the tokens that were told, all of them by default. */
  readonly resumed?: Checkpoint & { readonly told?: number };
}

/** Tokens after which an unfinished character is taken for garbage: no character has more than 4 bytes. */
const LONGEST_CHARACTER_TOKENS = 4;

/**
 * Turns tokens into text that may be shown: no half characters, and nothing that is or may become a stop string.
 * Text once shown is never taken back.
 */
export class AnswerText {
  /** All tokens so far, also those whose text is held back. */
  readonly tokens: number[] = [];
  /** Decoded up to the last whole character. */
  private decoded = '';
  private shownLength = 0;
  /** Where in `tokens` the not yet wholly decoded ones begin, and how much of their text is in `decoded`. */
  private pendingFrom = 0;
  private pendingDecoded = 0;
  private pendingStalled = 0;
  private takenTokens = 0;
  private takenLength = 0;
  private stopped = false;

  constructor(private readonly options: AnswerTextOptions) {
    const { resumed } = options;
    if (resumed === undefined) return;
    this.tokens.push(...resumed.tokens);
    this.decoded = resumed.text;
    this.shownLength = this.takenLength = resumed.text.length;
    this.pendingFrom = resumed.tokens.length;
    this.takenTokens = resumed.told ?? resumed.tokens.length;
  }

  /** What may be shown. */
  get text(): string {
    return this.decoded.slice(0, this.shownLength);
  }

  /** Whether a stop string was met: then no more may be added. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** Adds a token; true when a stop string is met, after which no more may be added. */
  push(token: number): boolean {
    this.tokens.push(token);
    this.decode();
    this.stopped = this.reveal();
    return this.stopped;
  }

  /** Shows what was held back in case it became a stop string. An unfinished character stays hidden. */
  finish(): void {
    if (!this.stopped) this.shownLength = this.decoded.length;
  }

  /** What has come since the call before; undefined when there is no new text. */
  takeDelta(): TextDelta | undefined {
    if (this.takenLength === this.shownLength) return undefined;
    const delta: TextDelta = {
      offset: this.takenLength,
      text: this.decoded.slice(this.takenLength, this.shownLength),
      tokens: this.tokens.slice(this.takenTokens),
    };
    this.takenLength = this.shownLength;
    this.takenTokens = this.tokens.length;
    return delta;
  }

  /** Counts the first `length` units of text, and all tokens, as taken. */
  skipDelta(length: number): void {
    this.takenLength = Math.min(length, this.shownLength);
    this.takenTokens = this.tokens.length;
  }

  private decode(): void {
    const before = this.tokens.slice(Math.max(0, this.pendingFrom - 4), this.pendingFrom);
    const text = this.options.detokenize(this.tokens.slice(this.pendingFrom), before);
    const whole = this.options.isWhole === true ? text : text.replace(/\uFFFD+$/, '');
    const grew = whole.length > this.pendingDecoded;
    if (grew) {
      this.decoded += whole.slice(this.pendingDecoded);
      this.pendingDecoded = whole.length;
    }
    this.pendingStalled = grew ? 0 : this.pendingStalled + 1;
    if (whole === text) this.startPending();
    else if (this.pendingStalled >= LONGEST_CHARACTER_TOKENS) {
      this.decoded += text.slice(this.pendingDecoded);
      this.startPending();
    }
  }

  private startPending(): void {
    this.pendingFrom = this.tokens.length;
    this.pendingDecoded = 0;
    this.pendingStalled = 0;
  }

  private reveal(): boolean {
    const stops = (this.options.stop ?? []).filter((stop) => stop !== '');
    const found = stops.map((stop) => this.decoded.indexOf(stop, this.searchFrom(stop))).filter((at) => at >= 0);
    if (found.length > 0) {
      this.decoded = this.decoded.slice(0, Math.max(this.shownLength, Math.min(...found)));
      this.shownLength = this.decoded.length;
      return true;
    }
    const held = Math.max(0, ...stops.map((stop) => heldBack(this.decoded, stop)));
    this.shownLength = Math.max(this.shownLength, this.decoded.length - held);
    return false;
  }

  /** A stop string begins at or after what is shown, since its beginnings are held back. */
  private searchFrom(stop: string): number {
    return Math.max(0, this.shownLength - stop.length + 1);
  }
}

/** Length of the longest end of `text` that begins `stop`. */
function heldBack(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
