import type { DocumentLimits } from '../document-limits.js';

/** What a parser may know beside the document itself. */
export interface ParserContext {
  /** For messages, and for its ending. */
  readonly name: string;
  readonly limits: DocumentLimits;
  /** How many documents this one is within, as an attachment is. Default: 0. */
  readonly depth?: number;
}
