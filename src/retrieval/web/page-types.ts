/** Content types that can be read. */
const PAGE_TYPES: ReadonlySet<string> = new Set([
  'text/html',
  'application/xhtml+xml',
  'text/plain',
  'text/markdown',
  'application/pdf',
]);

/** Types that servers send for unknown files, or as other names for PDF. For these, the beginning of the body determines the type. */
const VAGUE_TYPES: ReadonlySet<string> = new Set([
  '',
  'application/octet-stream',
  'binary/octet-stream',
  'application/binary',
  'application/unknown',
  'application/download',
  'application/x-download',
  'application/force-download',
  'application/save',
  'application/x-pdf',
  'application/acrobat',
  'application/vnd.pdf',
  'text/pdf',
]);

/** Readers accept the header of a PDF within this many bytes. source: ISO 32000-1, annex H, note 13 */
const PDF_HEADER_BYTES = 1024;
const HTML = /^(?:<!--[^>]{0,500}-->|<\?xml[^>]{0,200}\?>|\s)*<(?:!doctype\s+html|html)\b/iu;

/** Whether a body of this type is worth fetching. */
export function mayBePage(contentType: string): boolean {
  return PAGE_TYPES.has(contentType) || VAGUE_TYPES.has(contentType);
}

/** The type of a body, one of `PAGE_TYPES`, whatever its server declares; undefined for any other type. */
export function pageTypeOf(contentType: string, bytes: Uint8Array): string | undefined {
  const beginning = Buffer.from(bytes.subarray(0, PDF_HEADER_BYTES))
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/u, '');
  if (beginning.startsWith('%PDF-')) return 'application/pdf';
  if (PAGE_TYPES.has(contentType)) return contentType;
  if (beginning.includes('%PDF-')) return 'application/pdf';
  return HTML.test(beginning) ? 'text/html' : undefined;
}
