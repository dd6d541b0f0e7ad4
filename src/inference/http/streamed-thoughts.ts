import type { Checkpoint, TextDelta } from '../language-model.js';

/** The thoughts of an answer as a server streams them, those of earlier attempts first. */
export class StreamedThoughts {
  /** Pieces of this attempt. */
  tokens = 0;
  text: string;

  constructor(private readonly resumed: Checkpoint | undefined) {
    this.text = resumed?.thinking ?? '';
  }

  /** The piece as readers are told it. */
  add(piece: string, token: number): TextDelta {
    const offset = this.text.length;
    this.text += piece;
    this.tokens++;
    return { part: 'thinking', offset, text: piece, tokens: [token] };
  }

  /** Tokens of all thoughts. A checkpoint does not tell them from those of its text: they are shared out by length. */
  get allTokens(): number {
    const { text = '', thinking = '', tokens = [] } = this.resumed ?? {};
    if (thinking === '') return this.tokens;
    return this.tokens + Math.round((tokens.length * thinking.length) / (thinking.length + text.length));
  }
}
