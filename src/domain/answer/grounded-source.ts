import type { Place, Stretch } from '../knowledge/places.js';

/** One passage of one document, which a prompt contains and a citation refers to. JSON-safe. */
export interface GroundedSource extends Pick<Place, 'line' | 'endLine' | 'page' | 'endPage'> {
  /** From 1, without a gap. */
  readonly number: number;
  readonly knowledgeBase: string;
  readonly uri: string;
  /** For models and readers: see `shownName`. */
  readonly name?: string;
  readonly title: string;
  readonly mediaType: string;
  /** Of the section in which it begins, outermost first. */
  readonly headings: readonly string[];
  /** Where it is in the document's file where `line` is there (see `Place`), else in the text that was read from it; in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Where the parts of `text` stand. Missing where it is one that stands there character for character. */
  readonly stretches?: readonly Stretch[];
  /** Documents that say the same, all of it. */
  readonly alsoAt?: readonly Pick<GroundedSource, 'knowledgeBase' | 'uri' | 'name' | 'title'>[];
}
