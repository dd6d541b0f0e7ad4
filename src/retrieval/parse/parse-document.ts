import { basename } from 'node:path';
import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import { DocumentError } from '../document-error.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits } from '../document-limits.js';
import { decodeText, hasByteOrderMark } from '../../net/decode-text.js';
import { kindOfBytes, kindOfText, type TextKind } from './document-kind.js';
import { notesOn } from './notes-on-text.js';
import { parseInProcess } from './parse-in-process.js';
import { parseText } from './parsers.js';

export interface ParseOptions {
  /** File name, path or URL. Used for its extension, for messages, and as the title if the document has none. */
  readonly name: string;
  /** Media type that the sender declared, without parameters. */
  readonly mediaType?: string;
  /** Charset that the sender declared. */
  readonly charset?: string;
  /** Overrides of `DEFAULT_DOCUMENT_LIMITS`. */
  readonly limits?: Partial<DocumentLimits>;
  readonly signal: AbortSignal;
}

/** Longer texts are parsed in the parser process, so that they do not block this one. An HTML page of this length takes about 20 ms. */
const HERE_CHARACTERS = 500_000;
/** Formats whose text stays as it is: copying it to another process would take longer than parsing it. */
const IS_AS_FAST_AS_COPIED: ReadonlySet<TextKind> = new Set<TextKind>(['markdown', 'text', 'code']);

/**
 * The readable text of a document with its headings. The content determines the document's kind; if it does not, the name and the media
 * type do. The encoding is detected. Documents other than texts, and long texts, are parsed in a separate process.
 *
 * @throws {DocumentError}; the signal's reason when it aborts.
 */
export async function parseDocument(bytes: Uint8Array, options: ParseOptions): Promise<ParsedDocument> {
  const { name, signal } = options;
  const limits: DocumentLimits = { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits };
  signal.throwIfAborted();
  if (bytes.length === 0) throw new DocumentError('Document.Empty', `${name} is empty. Leave it out.`);
  if (bytes.length > limits.maxBytes) throw tooManyBytes(name, bytes.length, limits.maxBytes);
  const kind = kindOfBytes(bytes, name);
  const parsed =
    kind === undefined
      ? await parseAsText(bytes, { ...options, limits })
      : await parseInProcess(bytes, { type: 'parse', kind, name, limits }, signal);
  if (parsed.text.trim() === '') {
    const { notes: [note = ''] = [] } = parsed;
    const reason = note === '' ? '. Leave it out.' : `: ${note}`;
    throw new DocumentError('Document.Empty', `${name} has no text${reason}`);
  }
  return { ...parsed, title: parsed.title || titleFromName(name) };
}

export function tooManyBytes(name: string, bytes: number, maxBytes: number): DocumentError {
  return new DocumentError(
    'Document.TooLarge',
    `${name} has ${bytes} bytes, more than ${maxBytes}. Split it, or raise the limit.`,
  );
}

async function parseAsText(
  bytes: Uint8Array,
  { name, mediaType, charset, limits, signal }: ParseOptions & { readonly limits: DocumentLimits },
): Promise<ParsedDocument> {
  const decoded = await decodeText(bytes, { charset });
  if (decoded === undefined) {
    throw new DocumentError(
      'Document.Unsupported',
      `${name} is not a text, and its format is not supported. Save it as PDF, DOCX or HTML, or leave it out.`,
    );
  }
  const { text } = decoded;
  const kind = kindOfText(text, name, mediaType);
  const read =
    IS_AS_FAST_AS_COPIED.has(kind) || text.length <= HERE_CHARACTERS
      ? parseText(kind, text, { name, limits })
      : await parseInProcess(Buffer.from(text), { type: 'parse', kind, name, limits }, signal);
  const parsed = { ...read, ...notesOn(decoded) };
  const { source } = parsed;
  // Decoding removes the byte order mark.
  return source !== undefined && hasByteOrderMark(bytes) ? { ...parsed, source: { ...source, before: 1 } } : parsed;
}

function titleFromName(name: string): string {
  const path = URL.canParse(name) && /^https?:/iu.test(name) ? new URL(name).pathname : name;
  return basename(path) || name;
}
