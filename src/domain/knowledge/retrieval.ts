import type { Place, Stretch } from './places.js';
import { array, number, object, oneOf, optional, record, string, textBy } from '../schema.js';
import { excerpt } from '../text.js';

/** Documents, their chunks, and the results of a search. JSON-safe. */

/** Pattern for the name of a knowledge base: 1 to 64 lower-case letters, digits and `-`, beginning with a letter. */
export const KNOWLEDGE_BASE_NAME = /^[a-z][a-z0-9-]{0,63}$/u;

export function faultOfKnowledgeBaseName(name: string): string | undefined {
  if (KNOWLEDGE_BASE_NAME.test(name)) return undefined;
  return `${JSON.stringify(excerpt(name, 100))} cannot name a knowledge base: use 1 to 64 lower-case letters, digits and "-", beginning with a letter.`;
}

export const knowledgeBaseNameSchema = textBy(faultOfKnowledgeBaseName);

/** Properties of a document in its knowledge base. */
export interface DocumentInfo {
  /** Origin of the document: absolute path, or `http:` or `https:` URL. A knowledge base has one document per URI; new content replaces the old. */
  readonly uri: string;
  /** Name for models and readers, see `documentName`. Missing in documents that were added before names existed; use `shownName`. */
  readonly name?: string;
  readonly title: string;
  /** E.g. `text/markdown`, `application/pdf`. */
  readonly mediaType: string;
  /** SHA-256 of the file's bytes, in hex. */
  readonly contentHash: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The `READER_VERSION` that read it. Missing: 1. */
  readonly reader?: number;
}

/**
 * Increases when documents are read or cut in a better way that stored documents should also benefit from: a document of an older version
 * is read again when it is next added. 2: places in the file. 3: charsets, furniture of web pages, hidden sheets and slides.
 * 4: places in JSON.
 */
export const READER_VERSION = 4;

/** The text of a document, with its structure. */
export interface ParsedDocument {
  readonly title: string;
  readonly mediaType: string;
  /** The whole text in readable form, in Unicode NFC with `\n` as line end. Offsets refer to this string, in UTF-16 code units. */
  readonly text: string;
  /** In order of their offsets. A section extends from its heading to the next heading of the same or a higher level. */
  readonly headings: readonly Heading[];
  /** Offsets at which pages begin; the first is 0. Only where the format has pages. */
  readonly pages?: readonly number[];
  /** Places of the text in its file. Only if the file is a text. */
  readonly source?: SourceMap;
  /** Tables whose rows need their column names to be understood, in order, none within another. */
  readonly tables?: readonly Table[];
  /** Notes for the user on how the document was read, one line each. */
  readonly notes?: readonly string[];
}

/**
 * Places of the parts of a parsed text in the decoded text of its file. Stretch `i` is the text from `text[i]` to `text[i + 1]`, and its
 * place in the file is `from[i]` to `to[i]`: character for character if both have the same length, otherwise written in another way.
 */
export interface SourceMap {
  /** Ascending. */
  readonly text: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Offsets in the file at which its lines begin; the first is 0. */
  readonly lines: readonly number[];
  /** Number of characters of the file before all of that, e.g. 1 for a byte order mark. Default: 0. */
  readonly before?: number;
}

/** Offsets of a table in a document's text. Each chunk that begins within its rows also gets the header. */
export interface Table {
  readonly start: number;
  /** End of the header: the column names and the line that separates them from the rows. */
  readonly headerEnd: number;
  readonly end: number;
}

export interface Heading {
  /** Level, from 1 for the outermost. */
  readonly level: number;
  readonly text: string;
  readonly offset: number;
}

/** A piece of a document that is searched, and shown to a model, as a unit. */
export interface TextChunk {
  /** Index in its document, from 0. */
  readonly index: number;
  /** `document.text.slice(start, end)`, after the header of the table in whose rows it begins. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Number of characters of `text` that belong to such a header. Default: 0. */
  readonly repeated?: number;
  /** Headings of the enclosing sections, outermost first. */
  readonly headings: readonly string[];
  /** Page, from 1, if the format has pages: where the chunk begins, or in a hit, where the part that matches the query is. */
  readonly page?: number;
  /**
   * Place in its file; in a hit, of the part that matches the query. Missing in chunks that were stored before places existed, and if the
   * place is unknown.
   */
  readonly place?: Place;
  /** Places of the parts of `text` in the file. */
  readonly stretches?: readonly Stretch[];
  /** Number of tokens by the tokenizer of the embedding model. */
  readonly tokens: number;
}

export interface SearchRequest {
  readonly query: string;
  readonly knowledgeBases: readonly string[];
  /** Default: 10. */
  readonly limit?: number;
  /** Only documents whose URI begins with one of these. */
  readonly uriPrefixes?: readonly string[];
  /** Only documents that have all of these. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default: all stages that are configured. */
  readonly stages?: readonly SearchStage[];
  /** Questions that the hits should answer, if this is to be judged: see `SearchResult.isWeak`. Each costs a search. */
  readonly questions?: readonly string[];
}

/** `lexical`: BM25. `vector`: embeddings. `rerank`: a cross-encoder over the results of the other stages. */
export type SearchStage = 'lexical' | 'vector' | 'rerank';

/** Result of one stage for a hit. `rank` is from 1; scores of different stages cannot be compared. */
export interface StageScore {
  readonly rank: number;
  readonly score: number;
}

/** Another place with the same text as a hit. */
export interface CopyPlace {
  readonly knowledgeBase: string;
  readonly document: Pick<DocumentInfo, 'uri' | 'name' | 'title'>;
  /** The chunk in that document. */
  readonly chunk: { readonly index: number; readonly start: number; readonly end: number; readonly page?: number };
}

export interface SearchHit {
  /** `web` for a hit of a web search. */
  readonly knowledgeBase: string;
  readonly document: Pick<DocumentInfo, 'uri' | 'name' | 'title' | 'mediaType' | 'metadata'>;
  readonly chunk: TextChunk;
  /** Results of the stages that found it. */
  readonly stages: Readonly<Partial<Record<SearchStage, StageScore>>>;
  /** Other places with the same text; each text is one hit. */
  readonly alsoAt?: readonly CopyPlace[];
  /** Score by which hits are ordered: that of the rerank stage, otherwise of reciprocal rank fusion. */
  readonly score: number;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Whether the hits probably answer none of the request's `questions`. Missing if there were no questions, or if it is unknown. */
  readonly isWeak?: boolean;
  /** Sources that failed, with the reason; the others were used. */
  readonly failures: readonly { readonly source: string; readonly reason: string }[];
}

/** Absolute path or URL. */
export const uriSchema = string({ minLength: 1, maxLength: 8_192 });
export const metadataSchema = record(string({ maxLength: 2_000 }), { most: 100 });

/** Characters of a query. */
export const MAX_QUERY_LENGTH = 10_000;
/** Hits of one search. */
export const MAX_SEARCH_LIMIT = 200;
export const MAX_URI_PREFIXES = 100;

export const searchRequestSchema = object<SearchRequest>({
  query: string({ maxLength: MAX_QUERY_LENGTH }),
  knowledgeBases: array(knowledgeBaseNameSchema, { most: 100 }),
  limit: optional(number({ least: 1, most: MAX_SEARCH_LIMIT, whole: true })),
  uriPrefixes: optional(array(uriSchema, { most: MAX_URI_PREFIXES })),
  metadata: optional(metadataSchema),
  stages: optional(array(oneOf(['lexical', 'vector', 'rerank']), { most: 3 })),
  questions: optional(array(string({ maxLength: 100_000 }), { most: 4 })),
});
