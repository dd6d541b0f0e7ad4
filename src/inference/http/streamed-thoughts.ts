import type { Checkpoint, TextDelta } from '../language-model.js';

/** The thoughts of an answer that a server streams, including those of earlier attempts. */
export class StreamedThoughts {
  /** Number of pieces in this attempt. */
  tokens = 0;
  text: string;

  constructor(private readonly resumed: Checkpoint | undefined) {
    this.text = resumed?.thinking ?? '';
  }

  /** Adds a piece and returns its delta for readers. */
  add(piece: string, token: number): TextDelta {
    const offset = this.text.length;
    this.text += piece;
    this.tokens++;
    return { part: 'thinking', offset, text: piece, tokens: [token] };
  }

  /** Tokens of all thoughts. A checkpoint does not separate them from those of its text, so they are divided in proportion to the lengths. */
  get allTokens(): number {
    const { text = '', thinking = '', tokens = [] } = this.resumed ?? {};
    if (thinking === '') return this.tokens;
    return this.tokens + Math.round((tokens.length * thinking.length) / (thinking.length + text.length));
  }
}
