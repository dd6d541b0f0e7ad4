import { createCitationFilter } from '../domain/citations.js';

/** A text with marks of sources while it is written, as readers are shown it: with marks of none but these. */
export interface CitedText {
  /** @param whole all that is written so far @returns what can be shown beyond what was */
  next(whole: string): ShownPiece;
  /** The rest, once all is written. */
  end(): ShownPiece;
}

/** `offset` is in the text as it is shown. */
export interface ShownPiece {
  readonly offset: number;
  readonly text: string;
}

export function createCitedText(sourceCount: number): CitedText {
  let filter = createCitationFilter(sourceCount);
  let read = '';
  let length = 0;
  const piece = (text: string): ShownPiece => {
    const offset = length;
    length += text.length;
    return { offset, text };
  };
  return {
    next(whole) {
      if (!whole.startsWith(read)) {
        // The engine took something back: readers overwrite from the beginning.
        filter = createCitationFilter(sourceCount);
        read = '';
        length = 0;
      }
      const news = whole.slice(read.length);
      read = whole;
      return piece(filter.push(news));
    },
    end: () => piece(filter.end()),
  };
}

/** What of an unfinished text readers may have been shown: it begins so, whatever comes. */
export function shownBeginning(written: string, sourceCount: number): string {
  return createCitationFilter(sourceCount).push(written);
}
