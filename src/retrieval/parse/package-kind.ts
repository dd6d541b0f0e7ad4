import { DocumentError } from '../document-error.js';
import { openArchive, type ArchiveLimits } from './archive.js';
import type { PackageKind } from './document-kind.js';

/**
 * What an archive is, by what is in it.
 *
 * @param name for messages
 * @throws {DocumentError} for archives that are no document, or none that is read here.
 */
export async function packageKind(bytes: Uint8Array, name: string, limits: ArchiveLimits): Promise<PackageKind> {
  const archive = await openArchive(bytes, name, limits);
  try {
    if (archive.names.has('xl/workbook.xml')) throw unsupported(name, 'a spreadsheet. Save it as CSV');
    if (archive.names.has('ppt/presentation.xml')) throw unsupported(name, 'a presentation. Save it as PDF');
    return 'docx';
  } finally {
    archive.close();
  }
}

function unsupported(name: string, what: string): DocumentError {
  return new DocumentError('Document.Unsupported', `${name} is ${what}.`);
}
