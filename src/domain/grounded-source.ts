/** One passage of one document, as a prompt tells it and a citation points at it. JSON-safe. */
export interface GroundedSource {
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
  /** On which it begins, from 1, where the format has pages. */
  readonly page?: number;
  /** Where it is in the document's text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
