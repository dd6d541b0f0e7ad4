import type { Place, Stretch } from '../knowledge/places.js';

/** One passage of one document, which a prompt contains and a citation refers to. JSON-safe. */
export interface GroundedSource extends Pick<Place, 'line' | 'endLine' | 'page' | 'endPage'> {
  /** From 1, without gaps. */
  readonly number: number;
  readonly knowledgeBase: string;
  readonly uri: string;
  /** Name for models and readers: see `shownName`. */
  readonly name?: string;
  readonly title: string;
  readonly mediaType: string;
  /** Headings of the section in which it begins, outermost first. */
  readonly headings: readonly string[];
  /**
   * Start of the passage, in UTF-16 units: in the document's file if there is a `line` (see `Place`), otherwise in the text that was read
   * from the file.
   */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Places of the parts of `text`. Missing if the whole text is in the file character for character. */
  readonly stretches?: readonly Stretch[];
  /** Documents that contain the whole passage as well. */
  readonly alsoAt?: readonly Pick<GroundedSource, 'knowledgeBase' | 'uri' | 'name' | 'title'>[];
}
