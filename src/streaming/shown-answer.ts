/** Joins deltas into the text that a reader has seen. */
export interface ShownAnswer {
  readonly text: string;
  /**
   * Takes a delta and returns what of it is new to the reader: nothing for a part that was seen before. A delta that begins beyond
   * the text (one before it was lost) is left out; the durable result fills the gap.
   */
  add(delta: { readonly offset: number; readonly text: string }): string;
  /** Takes the durable answer and returns what the reader has not seen of it. */
  complete(answer: string): string;
}

export function createShownAnswer(): ShownAnswer {
  let text = '';
  const advanceTo = (next: string): string => {
    // What a reader has seen cannot be taken back. Checkpoints make sure that a resumed attempt agrees with it.
    if (!next.startsWith(text)) return '';
    const news = next.slice(text.length);
    text = next;
    return news;
  };
  return {
    get text() {
      return text;
    },
    add: (delta) => (delta.offset > text.length ? '' : advanceTo(text.slice(0, delta.offset) + delta.text)),
    complete: advanceTo,
  };
}
