import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';

/** Result of the parser of one format; the title may be empty. */
export type ParsedText = Omit<ParsedDocument, 'mediaType'>;
