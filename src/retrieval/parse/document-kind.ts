import { DocumentError } from '../document-error.js';
import { LANGUAGES } from './code/languages.js';

interface DocumentFormat {
  readonly mediaType: string;
  /** File name extensions, in lower case and without the dot. */
  readonly extensions: readonly string[];
  /** Other media types that are used for it. */
  readonly alsoSentAs?: readonly string[];
  /** What identifies the format: the first bytes, the contents of a ZIP archive, or, for a text, its beginning or name after decoding. */
  readonly shows: 'bytes' | 'package' | 'text';
}

/** The supported formats; `parsers.ts` has a parser for each. `text` is also the kind of any other plain text. */
const FORMATS = {
  pdf: { mediaType: 'application/pdf', extensions: ['pdf'], shows: 'bytes' },
  docx: {
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    extensions: ['docx', 'docm', 'dotx', 'dotm'],
    shows: 'package',
  },
  xlsx: {
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    extensions: ['xlsx', 'xlsm', 'xltx', 'xltm'],
    shows: 'package',
  },
  pptx: {
    mediaType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    extensions: ['pptx', 'pptm', 'ppsx', 'potx'],
    shows: 'package',
  },
  odt: { mediaType: 'application/vnd.oasis.opendocument.text', extensions: ['odt', 'ott'], shows: 'package' },
  ods: { mediaType: 'application/vnd.oasis.opendocument.spreadsheet', extensions: ['ods', 'ots'], shows: 'package' },
  odp: { mediaType: 'application/vnd.oasis.opendocument.presentation', extensions: ['odp', 'otp'], shows: 'package' },
  epub: { mediaType: 'application/epub+zip', extensions: ['epub'], shows: 'package' },
  eml: { mediaType: 'message/rfc822', extensions: ['eml'], shows: 'bytes' },
  jsonl: {
    mediaType: 'application/jsonl',
    extensions: ['jsonl', 'ndjson'],
    alsoSentAs: ['application/x-ndjson', 'application/ndjson', 'application/x-jsonlines'],
    shows: 'text',
  },
  json: {
    mediaType: 'application/json',
    extensions: ['json', 'geojson'],
    alsoSentAs: ['application/geo+json'],
    shows: 'text',
  },
  csv: {
    mediaType: 'text/csv',
    extensions: ['csv', 'tsv', 'tab'],
    alsoSentAs: ['text/tab-separated-values', 'application/csv'],
    shows: 'text',
  },
  html: {
    mediaType: 'text/html',
    extensions: ['html', 'htm', 'xhtml'],
    alsoSentAs: ['application/xhtml+xml'],
    shows: 'text',
  },
  markdown: {
    mediaType: 'text/markdown',
    extensions: ['md', 'markdown', 'mdx', 'mkd'],
    alsoSentAs: ['text/x-markdown'],
    shows: 'text',
  },
  text: { mediaType: 'text/plain', extensions: ['txt'], shows: 'text' },
  // The text of a code file is the file's own text, as for plain text.
  code: { mediaType: 'text/plain', extensions: LANGUAGES.flatMap(({ extensions }) => extensions), shows: 'text' },
} as const satisfies Record<string, DocumentFormat>;

export type DocumentKind = keyof typeof FORMATS;
type KindsThat<How extends DocumentFormat['shows']> = {
  [Kind in DocumentKind]: (typeof FORMATS)[Kind]['shows'] extends How ? Kind : never;
}[DocumentKind];
/** A kind that is known from the bytes: a format, or an archive whose format `packageKind` determines. */
export type BytesKind = KindsThat<'bytes'> | 'package';
/** Formats that are ZIP archives. */
export type PackageKind = KindsThat<'package'>;
/** Formats that are text once decoded. */
export type TextKind = KindsThat<'text'>;

/** Unsupported formats that are recognised by their first bytes, with advice on what to do. */
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
/** Name of a stream that an encrypted Office document has in its directory. */
const ENCRYPTED_PACKAGE = Buffer.from('EncryptedPackage', 'utf16le');
/**
 * Some programs write something before the first line of a PDF; readers accept the header within this many bytes. source: ISO 32000-1,
 * annex H, note 13
 */
const PDF_HEADER_BYTES = 1024;

/**
 * The kind if the bytes themselves show it; undefined for a text, whose kind `kindOfText` determines after decoding.
 *
 * @throws {DocumentError} for unsupported formats.
 */
export function kindOfBytes(bytes: Uint8Array, name: string): BytesKind | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (begins(bytes, [0x50, 0x4b, 0x03, 0x04]) || begins(bytes, [0x50, 0x4b, 0x05, 0x06])) return 'package';
  const pdf = buffer.subarray(0, PDF_HEADER_BYTES).indexOf('%PDF-');
  if (pdf === 0) return 'pdf';
  if (begins(bytes, OLE)) {
    if (buffer.includes(ENCRYPTED_PACKAGE)) {
      throw new DocumentError('Document.Encrypted', `${name} is protected by a password. Save it without one.`);
    }
    throw new DocumentError(
      'Document.Unsupported',
      `${name} is of an old Office format. Save it as DOCX, XLSX, PPTX or PDF.`,
    );
  }
  const unsupported = UNSUPPORTED.find(([bytesOfIt]) => begins(bytes, bytesOfIt));
  if (unsupported !== undefined) throw new DocumentError('Document.Unsupported', `${name} is ${unsupported[1]}.`);
  if (extensionOf(name) === 'eml') return 'eml';
  // A text may mention "%PDF-", so the name decides unless the bytes begin with it.
  return pdf > 0 && extensionOf(name) === 'pdf' ? 'pdf' : undefined;
}

const HTML_BEGINS =
  /^\s{0,1000}(?:<\?xml[^>]{0,200}\?>\s{0,100})?(?:<!--[^>]{0,2000}-->\s{0,100})?<(?:!doctype\s+html|html)\b/iu;

export function kindOfText(text: string, name: string, mediaType = ''): TextKind {
  if (HTML_BEGINS.test(text)) return 'html';
  const extension = extensionOf(name);
  const kinds = textKinds();
  const [kind] =
    kinds.find(([, { extensions }]) => extensions.includes(extension)) ??
    kinds.find(([, format]) => format.mediaType === mediaType || format.alsoSentAs?.includes(mediaType) === true) ??
    [];
  return kind ?? 'text';
}

export function mediaTypeOf(kind: DocumentKind): string {
  return FORMATS[kind].mediaType;
}

/** Kind of a ZIP archive that declares its media type, which may be that of a template. */
export function packageKindOf(mediaType: string): PackageKind | undefined {
  const plain = mediaType.replace(/-template$/u, '');
  let kind: DocumentKind;
  for (kind in FORMATS) if (isPackageKind(kind) && FORMATS[kind].mediaType === plain) return kind;
  return undefined;
}

function isPackageKind(kind: DocumentKind): kind is PackageKind {
  return FORMATS[kind].shows === 'package';
}

function textKinds(): readonly (readonly [TextKind, DocumentFormat])[] {
  const kinds: (readonly [TextKind, DocumentFormat])[] = [];
  let kind: DocumentKind;
  for (kind in FORMATS) if (isTextKind(kind)) kinds.push([kind, FORMATS[kind]]);
  return kinds;
}

/** Whether documents of a kind are text after decoding. */
export function isTextKind(kind: DocumentKind | BytesKind): kind is TextKind {
  return kind !== 'package' && FORMATS[kind].shows === 'text';
}

/** The extension in lower case, without the dot; empty if there is none. */
export function extensionOf(name: string): string {
  return /\.([a-z\d]+)$/iu.exec(name)?.[1]?.toLowerCase() ?? '';
}

function begins(bytes: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.every((byte, index) => bytes[index] === byte);
}
