import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';

/** What a parser of one format finds; the title may be empty. */
export type ParsedText = Omit<ParsedDocument, 'mediaType'>;
