import type { DocumentLimits } from '../document-limits.js';

/** Information for a parser besides the document itself. */
export interface ParserContext {
  /** Used for messages and for its extension. */
  readonly name: string;
  readonly limits: DocumentLimits;
  /** Number of documents that contain this one, e.g. 1 for an attachment. Default: 0. */
  readonly depth?: number;
}
