import { DocumentError } from '../document-error.js';
import { openArchive, type Archive, type ArchiveLimits } from './archive.js';
import { packageKindOf, type PackageKind } from './document-kind.js';

/** Parts that identify the kind of an archive, whatever else is in it. */
const PARTS: readonly (readonly [part: string, kind: PackageKind])[] = [
  ['word/document.xml', 'docx'],
  ['xl/workbook.xml', 'xlsx'],
  ['ppt/presentation.xml', 'pptx'],
  ['META-INF/container.xml', 'epub'],
];
/** Archives that are documents in unsupported formats. */
const UNSUPPORTED: readonly (readonly [part: string, what: string])[] = [
  ['xl/workbook.bin', 'a binary workbook (XLSB). Save it as XLSX'],
  ['Index/Document.iwa', 'of Pages, Numbers or Keynote. Export it as PDF or to an Office format'],
];
const OFFICE_TYPE =
  /vnd\.(?:openxmlformats-officedocument\.(\w+ml)|ms-(word|excel|powerpoint))\.[\w.]{1,80}\.main\+xml/u;
const KIND_OF_TYPE: Readonly<Record<string, PackageKind>> = {
  wordprocessingml: 'docx',
  word: 'docx',
  spreadsheetml: 'xlsx',
  excel: 'xlsx',
  presentationml: 'pptx',
  powerpoint: 'pptx',
};

/**
 * Determines the kind of an archive from its contents.
 *
 * @param name for messages
 * @throws {DocumentError} for archives that are not documents, or are documents in unsupported formats.
 */
export async function packageKind(bytes: Uint8Array, name: string, limits: ArchiveLimits): Promise<PackageKind> {
  const archive = await openArchive(bytes, name, limits);
  try {
    const kind = await kindOf(archive);
    if (kind !== undefined) return kind;
    const what = UNSUPPORTED.find(([part]) => archive.names.has(part))?.[1];
    const message = what ?? 'an archive and no document. Unpack it first';
    throw new DocumentError('Document.Unsupported', `${name} is ${message}.`);
  } finally {
    archive.close();
  }
}

async function kindOf(archive: Archive): Promise<PackageKind | undefined> {
  const byMimetype = packageKindOf(((await archive.read('mimetype')) ?? '').trim());
  if (byMimetype !== undefined) return byMimetype;
  const byPart = PARTS.find(([part]) => archive.names.has(part))?.[1];
  if (byPart !== undefined) return byPart;
  // The parts of an Office document may have any names.
  const type = OFFICE_TYPE.exec((await archive.read('[Content_Types].xml')) ?? '');
  return KIND_OF_TYPE[type?.[1] ?? type?.[2] ?? ''];
}
