import type { ParsedDocument } from '../../domain/retrieval.js';
import type { DocumentLimits } from '../document-limits.js';
import { mediaTypeOf, type BytesKind, type PackageKind, type TextKind } from './document-kind.js';
import { packageKind } from './package-kind.js';
import { parseHtml } from './parse-html.js';
import { parseMarkdown } from './parse-markdown.js';
import { parsePlain } from './parse-plain.js';
import type { ParsedText } from './parsed-text.js';

/** What a parser may know beside the document itself. */
export interface ParserContext {
  /** For messages, and for its ending. */
  readonly name: string;
  readonly limits: DocumentLimits;
}

/** Of formats that are no text, in the process that this is called in. Parsers are loaded when one is needed. */
export async function parseBytes(kind: BytesKind, bytes: Uint8Array, context: ParserContext): Promise<ParsedDocument> {
  const { name, limits } = context;
  const found = kind === 'package' ? await packageKind(bytes, name, limits) : kind;
  const parsed =
    found === 'pdf'
      ? await (await import('./parse-pdf.js')).parsePdf(bytes, name, limits)
      : await parsePackage(found, bytes, context);
  return { ...parsed, mediaType: mediaTypeOf(found) };
}

/** Of a text that is decoded, in the process that this is called in. */
export function parseText(kind: TextKind, text: string): ParsedDocument {
  const parsers: Readonly<Record<TextKind, (text: string) => ParsedText>> = {
    html: parseHtml,
    markdown: parseMarkdown,
    text: parsePlain,
  };
  return { ...parsers[kind](text), mediaType: mediaTypeOf(kind) };
}

async function parsePackage(
  kind: PackageKind,
  bytes: Uint8Array,
  { name, limits }: ParserContext,
): Promise<ParsedText> {
  switch (kind) {
    case 'docx':
      return (await import('./parse-docx.js')).parseDocx(bytes, name, limits);
  }
}
