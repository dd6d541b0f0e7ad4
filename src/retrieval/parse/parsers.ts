import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import { decodeText } from '../../net/decode-text.js';
import { DocumentError } from '../document-error.js';
import { parseCode } from './code/parse-code.js';
import { parseJson, parseJsonLines } from './data/parse-json.js';
import {
  kindOfBytes,
  kindOfText,
  mediaTypeOf,
  type BytesKind,
  type PackageKind,
  type TextKind,
} from './document-kind.js';
import { notesOn } from './notes-on-text.js';
import { packageKind } from './package-kind.js';
import { parseHtml } from './parse-html.js';
import { parseMarkdown } from './parse-markdown.js';
import { parsePlain } from './parse-plain.js';
import type { ParsedText } from './parsed-text.js';
import type { ParserContext } from './parser-context.js';
import { parseCsv } from './tables/parse-csv.js';

const TEXT_PARSERS: Readonly<Record<TextKind, (text: string, context: ParserContext) => ParsedText>> = {
  code: parseCode,
  csv: parseCsv,
  html: parseHtml,
  json: parseJson,
  jsonl: parseJsonLines,
  markdown: parseMarkdown,
  text: parsePlain,
};

/** Parses formats other than text, in the calling process. Loads each parser when it is first needed. */
export async function parseBytes(kind: BytesKind, bytes: Uint8Array, context: ParserContext): Promise<ParsedDocument> {
  const { name, limits } = context;
  const found = kind === 'package' ? await packageKind(bytes, name, limits) : kind;
  return { ...(await parseFound(found, bytes, context)), mediaType: mediaTypeOf(found) };
}

/** Parses a decoded text, in the calling process. */
export function parseText(kind: TextKind, text: string, context: ParserContext): ParsedDocument {
  return { ...TEXT_PARSERS[kind](text, context), mediaType: mediaTypeOf(kind) };
}

async function parseFound(
  kind: Exclude<BytesKind, 'package'> | PackageKind,
  bytes: Uint8Array,
  context: ParserContext,
): Promise<ParsedText> {
  const { name, limits } = context;
  switch (kind) {
    case 'pdf':
      return (await import('./parse-pdf.js')).parsePdf(bytes, name, limits);
    case 'docx':
      return (await import('./parse-docx.js')).parseDocx(bytes, name, limits);
    case 'xlsx':
      return (await import('./office/parse-xlsx.js')).parseXlsx(bytes, context);
    case 'pptx':
      return (await import('./office/parse-pptx.js')).parsePptx(bytes, context);
    case 'odt':
    case 'ods':
    case 'odp':
      return (await import('./office/parse-odf.js')).parseOdf(bytes, context);
    case 'epub':
      return (await import('./book/parse-epub.js')).parseEpub(bytes, context);
    case 'eml':
      return (await import('./mail/parse-eml.js')).parseEml(bytes, context, parseAny);
  }
}

/** Parses a document within another one, in this process. */
async function parseAny(bytes: Uint8Array, context: ParserContext): Promise<ParsedDocument> {
  const { name } = context;
  const kind = kindOfBytes(bytes, name);
  if (kind !== undefined) return parseBytes(kind, bytes, context);
  const decoded = await decodeText(bytes);
  if (decoded === undefined) {
    throw new DocumentError('Document.Unsupported', `${name} is not a text, and its format is not supported.`);
  }
  return { ...parseText(kindOfText(decoded.text, name), decoded.text, context), ...notesOn(decoded) };
}
