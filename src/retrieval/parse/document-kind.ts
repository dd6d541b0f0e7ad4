import { DocumentError } from '../document-error.js';

/** How a document is read. `text` also stands for program code, CSV and whatever else is plain text. */
export type DocumentKind = 'pdf' | 'docx' | 'html' | 'markdown' | 'text';

const MEDIA_TYPES: Readonly<Record<DocumentKind, string>> = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html',
  markdown: 'text/markdown',
  text: 'text/plain',
};

/** Formats that are known by how they begin, and what to do with them. */
const UNSUPPORTED: readonly (readonly [begins: readonly number[], what: string])[] = [
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG image. Recognise its text (OCR) first'],
  [[0xff, 0xd8, 0xff], 'a JPEG image. Recognise its text (OCR) first'],
  [[0x47, 0x49, 0x46, 0x38], 'a GIF image. Recognise its text (OCR) first'],
  [[0x49, 0x49, 0x2a, 0x00], 'a TIFF image. Recognise its text (OCR) first'],
  [[0x1f, 0x8b], 'a gzip archive. Unpack it first'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive. Unpack it first'],
  [[0x52, 0x61, 0x72, 0x21], 'a RAR archive. Unpack it first'],
  [[0x7b, 0x5c, 0x72, 0x74, 0x66], 'an RTF document. Save it as DOCX or PDF'],
  [[0x7f, 0x45, 0x4c, 0x46], 'a program. Leave it out'],
  [[0x47, 0x47, 0x55, 0x46], 'the weights of a model. Leave it out'],
];
const OLE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/** Where an encrypted Office document says so, in its directory of streams. */
const ENCRYPTED_PACKAGE = Buffer.from('EncryptedPackage', 'utf16le');
/** Some writers put something before a PDF's first line; readers allow as much. source: ISO 32000-1, annex H, note 13 */
const PDF_HEADER_BYTES = 1024;

/**
 * Kinds that show in the bytes themselves; undefined for text, whose kind is told by `kindOfText` once it is decoded.
 *
 * @throws {DocumentError} for formats that are not read here.
 */
export function kindOfBytes(bytes: Uint8Array, name: string): 'pdf' | 'docx' | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (begins(bytes, [0x50, 0x4b, 0x03, 0x04]) || begins(bytes, [0x50, 0x4b, 0x05, 0x06])) return 'docx';
  const pdf = buffer.subarray(0, PDF_HEADER_BYTES).indexOf('%PDF-');
  if (pdf === 0) return 'pdf';
  if (begins(bytes, OLE)) {
    if (buffer.includes(ENCRYPTED_PACKAGE)) {
      throw new DocumentError('Document.Encrypted', `${name} is protected by a password. Save it without one.`);
    }
    throw new DocumentError('Document.Unsupported', `${name} is of an old Office format. Save it as DOCX or PDF.`);
  }
  const unsupported = UNSUPPORTED.find(([bytesOfIt]) => begins(bytes, bytesOfIt));
  if (unsupported !== undefined) throw new DocumentError('Document.Unsupported', `${name} is ${unsupported[1]}.`);
  // A text may speak of "%PDF-"; one with bytes that no text has before it is a PDF.
  return pdf > 0 && /\.pdf$/iu.test(name) ? 'pdf' : undefined;
}

export function kindOfText(text: string, name: string, mediaType = ''): Exclude<DocumentKind, 'pdf' | 'docx'> {
  if (
    /^\s{0,1000}(?:<\?xml[^>]{0,200}\?>\s{0,100})?(?:<!--[^>]{0,2000}-->\s{0,100})?<(?:!doctype\s+html|html)\b/iu.test(
      text,
    )
  ) {
    return 'html';
  }
  const extension = /\.([a-z\d]+)$/iu.exec(name)?.[1]?.toLowerCase() ?? '';
  if (['md', 'markdown', 'mdx', 'mkd'].includes(extension)) return 'markdown';
  if (['html', 'htm', 'xhtml'].includes(extension)) return 'html';
  if (/^text\/(?:x-)?markdown$/u.test(mediaType)) return 'markdown';
  return /^(?:text\/html|application\/xhtml\+xml)$/u.test(mediaType) ? 'html' : 'text';
}

export function mediaTypeOf(kind: DocumentKind): string {
  return MEDIA_TYPES[kind];
}

function begins(bytes: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.every((byte, index) => bytes[index] === byte);
}
