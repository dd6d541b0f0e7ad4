import { basename } from 'node:path';
import type { ParsedDocument } from '../../domain/retrieval.js';
import { DocumentError } from '../document-error.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits } from '../document-limits.js';
import { decodeText } from './decode-text.js';
import { kindOfBytes, kindOfText, mediaTypeOf, type DocumentKind } from './document-kind.js';
import { parseHtml } from './parse-html.js';
import { parseInProcess } from './parse-in-process.js';
import { parseMarkdown } from './parse-markdown.js';
import { parsePlain } from './parse-plain.js';
import type { ParsedText } from './parsed-text.js';

export interface ParseOptions {
  /** File name, path or URL: for its ending, for messages, and as the title where the document has none. */
  readonly name: string;
  /** As whoever sent it calls it, without parameters. */
  readonly mediaType?: string;
  /** The same for text. */
  readonly charset?: string;
  /** Of each: see `DEFAULT_DOCUMENT_LIMITS`. */
  readonly limits?: Partial<DocumentLimits>;
  readonly signal: AbortSignal;
}

/** Longer pages are read in the parser's process, not to hold this one up. Takes about 20 ms. */
const HTML_HERE_CHARACTERS = 500_000;

/**
 * The readable text of a document with its headings. Its kind is told by its content, then by name and media type; its encoding is
 * found out. PDF and DOCX are read in a process of their own, as are long web pages.
 *
 * @throws {DocumentError}; the signal's reason when it aborts.
 */
export async function parseDocument(bytes: Uint8Array, options: ParseOptions): Promise<ParsedDocument> {
  const { name, mediaType, charset, signal } = options;
  const limits: DocumentLimits = { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits };
  signal.throwIfAborted();
  if (bytes.length === 0) throw new DocumentError('Document.Empty', `${name} is empty. Leave it out.`);
  if (bytes.length > limits.maxBytes) throw tooManyBytes(name, bytes.length, limits.maxBytes);
  let kind: DocumentKind | undefined = kindOfBytes(bytes, name);
  let parsed: ParsedText;
  if (kind !== undefined) {
    parsed = await parseInProcess(bytes, { type: 'parse', kind, name, limits }, signal);
  } else {
    const decoded = decodeText(bytes, { charset });
    if (decoded === undefined) {
      throw new DocumentError(
        'Document.Unsupported',
        `${name} is no text, and no PDF, DOCX or HTML either. Save it as one of these, or leave it out.`,
      );
    }
    kind = kindOfText(decoded.text, name, mediaType);
    parsed = await parseTextKind(kind, decoded.text, { name, limits, signal });
  }
  if (parsed.text.trim() === '') throw new DocumentError('Document.Empty', `${name} has no text. Leave it out.`);
  return { ...parsed, title: parsed.title || titleFromName(name), mediaType: mediaTypeOf(kind) };
}

export function tooManyBytes(name: string, bytes: number, maxBytes: number): DocumentError {
  return new DocumentError(
    'Document.TooLarge',
    `${name} has ${bytes} bytes, more than ${maxBytes}. Split it, or raise the limit.`,
  );
}

async function parseTextKind(
  kind: 'html' | 'markdown' | 'text',
  text: string,
  { name, limits, signal }: { readonly name: string; readonly limits: DocumentLimits; readonly signal: AbortSignal },
): Promise<ParsedText> {
  switch (kind) {
    case 'html':
      if (text.length <= HTML_HERE_CHARACTERS) return parseHtml(text);
      return parseInProcess(Buffer.from(text), { type: 'parse', kind, name, limits }, signal);
    case 'markdown':
      return parseMarkdown(text);
    case 'text':
      return parsePlain(text);
  }
}

function titleFromName(name: string): string {
  const path = URL.canParse(name) && /^https?:/iu.test(name) ? new URL(name).pathname : name;
  return basename(path) || name;
}
