import type { ParsedDocument } from '../../domain/retrieval.js';
import { parseCode } from './code/parse-code.js';
import { mediaTypeOf, type BytesKind, type PackageKind, type TextKind } from './document-kind.js';
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
  markdown: parseMarkdown,
  text: parsePlain,
};

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
export function parseText(kind: TextKind, text: string, context: ParserContext): ParsedDocument {
  return { ...TEXT_PARSERS[kind](text, context), mediaType: mediaTypeOf(kind) };
}

async function parsePackage(kind: PackageKind, bytes: Uint8Array, context: ParserContext): Promise<ParsedText> {
  const { name, limits } = context;
  switch (kind) {
    case 'docx':
      return (await import('./parse-docx.js')).parseDocx(bytes, name, limits);
    case 'xlsx':
      return (await import('./office/parse-xlsx.js')).parseXlsx(bytes, context);
  }
}
