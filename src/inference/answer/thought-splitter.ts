/** The marks of thoughts in a model's output. */
export interface ThoughtMarks {
  readonly open: string;
  readonly close: string;
  /** Mark that the model writes before an answer without thoughts. */
  readonly skip?: string;
  /** Whether the text begins within thoughts, because the prompt has already opened them. */
  readonly isOpen?: boolean;
}

/** The new thoughts and the new answer text in a piece of text. */
export interface SplitText {
  readonly thinking: string;
  readonly text: string;
}

/** `beginning`: neither thoughts nor answer have begun. `after`: the thoughts are closed, and the answer has no text yet. */
export type ThoughtState = 'beginning' | 'thinking' | 'after' | 'text';

/**
 * Separates the thoughts at the beginning of a text from the answer after them, as pieces arrive. Marks may be split over pieces. White
 * space around marks is dropped, since models write it inconsistently. Marks in the middle of the answer are text. If a text does not begin
 * with a mark, it is passed on at once.
 */
export class ThoughtSplitter {
  /** Text that is neither thoughts nor answer yet: it may become a mark, or be white space before one. */
  private held = '';
  private hasThoughts = false;
  private current: ThoughtState;
  /** The mark that closes the current thoughts. */
  private close: string;
  private readonly marks: readonly [ThoughtMarks, ...ThoughtMarks[]];

  /**
   * @param marks one format, or several if the text may follow any of them; a text that begins within thoughts follows the first one
   * @param begun the text so far, none of which is held back
   */
  constructor(
    marks: ThoughtMarks | readonly [ThoughtMarks, ...ThoughtMarks[]],
    begun: SplitText = { thinking: '', text: '' },
  ) {
    this.marks = 'close' in marks ? [marks] : marks;
    const [first] = this.marks;
    this.close = first.close;
    this.hasThoughts = begun.thinking !== '';
    const opened = first.isOpen === true || this.hasThoughts ? 'thinking' : 'beginning';
    this.current = begun.text === '' ? opened : 'text';
  }

  get state(): ThoughtState {
    return this.current;
  }

  /** Text that was pushed but not returned yet. */
  get heldBack(): string {
    return this.held;
  }

  push(piece: string): SplitText {
    if (this.current === 'text') return { thinking: '', text: piece };
    this.held += piece;
    if (this.current === 'beginning') this.begin();
    const thinking = this.current === 'thinking' ? this.takeThoughts() : '';
    if (this.current === 'after') {
      this.held = this.held.trimStart();
      if (this.held !== '') this.current = 'text';
    }
    return { thinking, text: this.current === 'text' ? this.release() : '' };
  }

  /**
   * Returns the text that was held back because it could have become the first mark. Thoughts that are never closed stay thoughts; half a
   * mark at their end is dropped.
   */
  end(): SplitText {
    const rest = this.release();
    return { thinking: '', text: this.current === 'beginning' ? rest : '' };
  }

  private begin(): void {
    const begun = this.held.trimStart();
    for (const { open, close, skip } of this.marks) {
      const mark = [open, skip].find((one) => one !== undefined && begun.startsWith(one.trimStart()));
      if (mark === undefined) continue;
      this.held = begun.slice(mark.trimStart().length);
      this.close = close;
      this.current = mark === open ? 'thinking' : 'after';
      return;
    }
    const mayBecome = (mark: string | undefined): boolean => mark?.trimStart().startsWith(begun) === true;
    if (!this.marks.some(({ open, skip }) => mayBecome(open) || mayBecome(skip))) this.current = 'text';
  }

  private takeThoughts(): string {
    if (!this.hasThoughts) this.held = this.held.trimStart();
    const { close } = this;
    const at = this.held.indexOf(close);
    const most = at >= 0 ? at : this.held.length - unfinished(this.held, close);
    // White space at the end may precede the mark, so it is held back.
    const thoughts = this.held.slice(0, most).trimEnd();
    this.held = at >= 0 ? this.held.slice(at + close.length) : this.held.slice(thoughts.length);
    this.hasThoughts ||= thoughts !== '';
    if (at >= 0) this.current = 'after';
    return thoughts;
  }

  private release(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }
}

/** Length of the longest suffix of `text` that is a proper prefix of `mark`. */
export function unfinished(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
