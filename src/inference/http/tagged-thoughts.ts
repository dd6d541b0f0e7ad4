/** A piece of an answer, its thoughts apart. */
interface SplitPiece {
  readonly thinking: string;
  readonly text: string;
}

/**
 * What opens and closes thoughts in the text of an answer, where a server does not tell them apart.
 * source: the chat templates of Qwen, DeepSeek, GLM and others; Mistral; Kimi; Seed-OSS; MiniMax; LongCat; Command A; Gemma 4; gpt-oss
 */
const TAGS: readonly (readonly [string, string])[] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
  ['<seed:think>', '</seed:think>'],
  ['<mm:think>', '</mm:think>'],
  ['<longcat_think>', '</longcat_think>'],
  ['<|START_THINKING|>', '<|END_THINKING|>'],
  ['<|channel>thought', '<channel|>'],
  ['<|channel|>analysis<|message|>', '<|start|>assistant<|channel|>final<|message|>'],
];

/** Tells the thoughts that an answer begins with from its text, as pieces come. Text in which no tag comes first is passed on at once. */
export class TaggedThoughts {
  private held = '';
  private state: 'beginning' | 'thinking' | 'after' | 'text' = 'beginning';
  private close = '';

  take(piece: string): SplitPiece {
    if (this.state === 'text') return { thinking: '', text: piece };
    this.held += piece;
    let thinking = '';
    if (this.state === 'beginning') this.begin();
    if (this.state === 'thinking') thinking = this.takeThoughts();
    if (this.state === 'after') {
      this.held = this.held.trimStart();
      if (this.held !== '') this.state = 'text';
    }
    return { thinking, text: this.state === 'text' ? this.release() : '' };
  }

  /** What was held back, in case it became a tag. */
  end(): SplitPiece {
    const rest = this.release();
    return this.state === 'thinking' ? { thinking: rest, text: '' } : { thinking: '', text: rest };
  }

  private begin(): void {
    const begun = this.held.trimStart();
    const tag = TAGS.find(([open]) => begun.startsWith(open));
    if (tag !== undefined) {
      const [open, close] = tag;
      this.held = begun.slice(open.length);
      this.close = close;
      this.state = 'thinking';
    } else if (!TAGS.some(([open]) => open.startsWith(begun))) this.state = 'text';
  }

  private takeThoughts(): string {
    const at = this.held.indexOf(this.close);
    const length = at >= 0 ? at : this.held.length - heldBack(this.held, this.close);
    const thoughts = this.held.slice(0, length);
    this.held = this.held.slice(at >= 0 ? at + this.close.length : length);
    if (at >= 0) this.state = 'after';
    return thoughts;
  }

  private release(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }
}

/** Length of the longest end of `text` that begins `tag`. */
function heldBack(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
