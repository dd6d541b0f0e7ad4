import type { Place, Stretch } from './places.js';
import { array, number, object, oneOf, optional, record, string, textBy } from '../schema.js';
import { excerpt } from '../text.js';

/** Documents, the chunks that they are cut into, and what a search finds. JSON-safe. */

/** Names a knowledge base: lower-case letters, digits and `-`, 1 to 64 of them, beginning with a letter. */
export const KNOWLEDGE_BASE_NAME = /^[a-z][a-z0-9-]{0,63}$/u;

export function faultOfKnowledgeBaseName(name: string): string | undefined {
  if (KNOWLEDGE_BASE_NAME.test(name)) return undefined;
  return `${JSON.stringify(excerpt(name, 100))} cannot name a knowledge base: use 1 to 64 lower-case letters, digits and "-", beginning with a letter.`;
}

export const knowledgeBaseNameSchema = textBy(faultOfKnowledgeBaseName);

/** A document as it is known in its knowledge base. */
export interface DocumentInfo {
  /** Where it came from: absolute path, `http:` or `https:` URL. One document per URI in a knowledge base; another content replaces it. */
  readonly uri: string;
  /** For models and readers, see `documentName`. Missing in documents that were added before there were names: `shownName`. */
  readonly name?: string;
  readonly title: string;
  /** E.g. `text/markdown`, `application/pdf`. */
  readonly mediaType: string;
  /** SHA-256 of the bytes that were read, in hex. */
  readonly contentHash: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The `READER_VERSION` by which it was read. Missing: 1. */
  readonly reader?: number;
}

/**
 * Rises when documents are read or cut in a way from which those that are kept should profit, too: one of an older version is read again when
 * it is next added. 2: places in the file. 3: charsets, furniture of web pages, hidden sheets and slides.
 * 4: places in JSON.
 */
export const READER_VERSION = 4;

/** A document's text, with its structure. */
export interface ParsedDocument {
  readonly title: string;
  readonly mediaType: string;
  /** All of it, as people read it, in Unicode NFC with `\n` as line end. Offsets are into this string, in UTF-16 code units. */
  readonly text: string;
  /** In order of their offsets. A section goes from its heading to the next one of its level or above. */
  readonly headings: readonly Heading[];
  /** Offsets at which pages begin; the first is 0. Only where the format has pages. */
  readonly pages?: readonly number[];
  /** Where the text stands in its file. Only where the file is a text. */
  readonly source?: SourceMap;
  /** In order, none within another: whose rows say little without the names of their columns. */
  readonly tables?: readonly Table[];
  /** What whoever added it should know of how it was read, each one line. */
  readonly notes?: readonly string[];
}

/**
 * Where the parts of a parsed text stand in the decoded text of its file. Stretch `i` goes from `text[i]` to `text[i + 1]`, and stands in the
 * file from `from[i]` to `to[i]`: character for character where both are equally long, else written in another way.
 */
export interface SourceMap {
  /** Ascending. */
  readonly text: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Offsets in the file at which its lines begin; the first is 0. */
  readonly lines: readonly number[];
  /** Characters of the file before all of that, e.g. 1 for a byte order mark. Default: 0. */
  readonly before?: number;
}

/** Offsets in a document's text. Each chunk that begins in the rows is told the header as well. */
export interface Table {
  readonly start: number;
  /** Behind the names of the columns, and what divides them from the rows. */
  readonly headerEnd: number;
  readonly end: number;
}

export interface Heading {
  /** 1 is the outermost. */
  readonly level: number;
  readonly text: string;
  readonly offset: number;
}

/** A piece of a document that is searched, and shown to a model, as one. */
export interface TextChunk {
  /** From 0, in its document. */
  readonly index: number;
  /** `document.text.slice(start, end)`, after the header of the table in whose rows it begins. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Characters of `text` that are such a header. Default: 0. */
  readonly repeated?: number;
  /** Headings of the sections that it is in, outermost first. */
  readonly headings: readonly string[];
  /** From 1, where the format has pages: where it begins; in a hit, where the part of it stands that matches the query. */
  readonly page?: number;
  /** In its file; in a hit, of the part that matches the query. Missing in what was kept before places were, and where none is known. */
  readonly place?: Place;
  /** Where the parts of `text` stand in the file. */
  readonly stretches?: readonly Stretch[];
  /** By the tokenizer of the embedding model. */
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
  /** Default: all that are configured. */
  readonly stages?: readonly SearchStage[];
  /** What the hits are to answer, where that is to be judged: see `SearchResult.isWeak`. Each costs a search. */
  readonly questions?: readonly string[];
}

/** `lexical`: BM25. `vector`: embeddings. `rerank`: a cross-encoder over what the others found. */
export type SearchStage = 'lexical' | 'vector' | 'rerank';

/** What one stage says of a hit. `rank` is from 1; scores of different stages cannot be compared. */
export interface StageScore {
  readonly rank: number;
  readonly score: number;
}

/** Another place where the text of a hit stands. */
export interface CopyPlace {
  readonly knowledgeBase: string;
  readonly document: Pick<DocumentInfo, 'uri' | 'name' | 'title'>;
  /** In that document. */
  readonly chunk: { readonly index: number; readonly start: number; readonly end: number; readonly page?: number };
}

export interface SearchHit {
  /** `web` for what a web search found. */
  readonly knowledgeBase: string;
  readonly document: Pick<DocumentInfo, 'uri' | 'name' | 'title' | 'mediaType' | 'metadata'>;
  readonly chunk: TextChunk;
  /** Of the stages that found it. */
  readonly stages: Readonly<Partial<Record<SearchStage, StageScore>>>;
  /** Where the same text stands besides; each text is one hit. */
  readonly alsoAt?: readonly CopyPlace[];
  /** By what the hits are in order: of the rerank stage, else reciprocal rank fusion. */
  readonly score: number;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** That the hits probably answer none of the request's `questions`. Missing where nobody asked, and where it cannot be told. */
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
