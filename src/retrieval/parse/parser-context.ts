import type { DocumentLimits } from '../document-limits.js';

/** What a parser may know beside the document itself. */
export interface ParserContext {
  /** For messages, and for its ending. */
  readonly name: string;
  readonly limits: DocumentLimits;
}
