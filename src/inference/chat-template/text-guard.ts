import type { SpecialTokenIndex } from './special-tokens.js';

/** First of the private characters that replace marks while a template is rendered. */
const FIRST = 0xf0000;
const LAST = 0xffffd;
const PRIVATE = /[\u{f0000}-\u{ffffd}]/gu;

/**
 * Prevents text by users, personas and documents from becoming marks. While the template is rendered, a private character replaces each
 * special token that a text spells, so that the result contains only the template's own marks. Private characters that the text already
 * contains are hidden in the same way and restored.
 */
export class TextGuard {
  private readonly hidden: string[] = [];

  constructor(private readonly marks: SpecialTokenIndex) {}

  /** Replaces each mark in the text by a private character; marks in `except` stay, because a template looks for them. */
  hide(text: string, except: readonly string[] = []): string {
    let safe = '';
    for (let position = 0; position < text.length;) {
      const found = this.marks.at(text, position);
      const character = String.fromCodePoint(text.codePointAt(position) ?? 0);
      const taken = found?.text ?? character;
      const isHidden = found === undefined ? character.search(PRIVATE) >= 0 : !except.includes(taken);
      safe += isHidden ? this.characterFor(taken) : taken;
      position += taken.length;
    }
    return safe;
  }

  /** Restores rendered text to its original form, in pieces: each mark that would be a token even in plain text is cut in two. */
  restore(text: string): readonly string[] {
    const pieces = [''];
    const append = (piece: string): void => {
      pieces.push(`${pieces.pop() ?? ''}${piece}`);
    };
    let from = 0;
    for (const match of text.matchAll(PRIVATE)) {
      append(text.slice(from, match.index));
      from = match.index + match[0].length;
      const mark = this.hidden[(match[0].codePointAt(0) ?? FIRST) - FIRST] ?? match[0];
      if (this.marks.at(mark, 0)?.isUserDefined === true) {
        append(mark.slice(0, 1));
        pieces.push(mark.slice(1));
      } else {
        append(mark);
      }
    }
    append(text.slice(from));
    return pieces;
  }

  private characterFor(mark: string): string {
    const known = this.hidden.indexOf(mark);
    const index = known < 0 ? this.hidden.push(mark) - 1 : known;
    if (FIRST + index > LAST) throw new RangeError(`A text spells more than ${LAST - FIRST} different marks.`);
    return String.fromCodePoint(FIRST + index);
  }
}
