import { THINKING_FORMATS, type ThinkingFormat } from '../chat-template/thinking-format.js';

/** A piece of an answer, its thoughts apart. */
interface SplitPiece {
  readonly thinking: string;
  readonly text: string;
}

/**
 * What opens and closes thoughts in the text of an answer, where a server does not tell them apart. Formats that open them by ordinary words
 * are left out: any answer may begin with those.
 *
 * source: beside `THINKING_FORMATS`, `<thinking>` of Apriel 1.5's template and `<longcat_think>` of LongCat-Flash-Thinking's
 */
const TAGS: readonly Pick<ThinkingFormat, 'open' | 'close'>[] = [
  ...THINKING_FORMATS.filter(({ open }) => /^[<[◁]/u.test(open)),
  { open: '<thinking>', close: '</thinking>' },
  { open: '<longcat_think>', close: '</longcat_think>' },
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
    const tag = TAGS.find(({ open }) => begun.startsWith(open));
    if (tag !== undefined) {
      this.held = begun.slice(tag.open.length);
      this.close = tag.close;
      this.state = 'thinking';
    } else if (!TAGS.some(({ open }) => open.startsWith(begun))) this.state = 'text';
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
