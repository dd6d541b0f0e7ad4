import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';
import { DocumentError } from '../document-error.js';
import type { DocumentLimits } from '../document-limits.js';

/**
 * Files below this size are exempt from the ratio check: they cost little, and honest ones full of spaces or blank pictures compress as
 * well as a bomb.
 */
const RATIO_FROM_BYTES = 10_000_000;
/** Pictures, sound and film, which no parser unpacks. A blank picture compresses to a thousandth of its size. */
const MEDIA = /\.(?:avi|bmp|emf|emz|gif|ico|jpe?g|m4[av]|mov|mp[34]|pcx|pict?|png|svm|tiff?|wav|webp|wm[afvz])$/iu;
const MAX_ENTRIES = 20_000;
/** Bit 0 of an entry's flags. source: APPNOTE.TXT 4.4.4 */
const IS_ENCRYPTED = 1;

/** Limits for the unpacked content of an archive. */
export type ArchiveLimits = Pick<DocumentLimits, 'maxUnpackedBytes' | 'maxUnpackedRatio'>;

/** The files of a ZIP archive, each of which is unpacked when it is read. */
export interface Archive {
  readonly names: ReadonlySet<string>;
  read(name: string): Promise<string | undefined>;
  close(): void;
}

/**
 * Opens an archive. Checks everything that it declares about its files before any of them is unpacked.
 *
 * @param name for messages
 * @throws {DocumentError}
 */
export async function openArchive(bytes: Uint8Array, name: string, limits: ArchiveLimits): Promise<Archive> {
  const { maxUnpackedBytes, maxUnpackedRatio } = limits;
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (error: unknown): never => {
    if (error instanceof DocumentError) throw error;
    throw damagedDocument(name, error instanceof Error ? error.message : String(error), error);
  };
  const zip = await yauzl.fromBufferPromise(packed, { lazyEntries: true, autoClose: false }).catch(damaged);
  const entries = new Map<string, yauzl.Entry>();
  let unpackedBytes = 0;
  try {
    if (zip.entryCount > MAX_ENTRIES) throw tooLarge(name, `holds ${zip.entryCount} files, more than ${MAX_ENTRIES}`);
    for await (const entry of zip.eachEntry()) {
      const { uncompressedSize, generalPurposeBitFlag } = entry;
      unpackedBytes += uncompressedSize;
      if (unpackedBytes > maxUnpackedBytes) throw tooLarge(name, `unpacks to more than ${maxUnpackedBytes} bytes`);
      if (!MEDIA.test(entry.fileName)) checkRatio(entry, name, maxUnpackedRatio);
      if ((generalPurposeBitFlag & IS_ENCRYPTED) !== 0) {
        throw new DocumentError('Document.Encrypted', `${name} is protected by a password. Save it without one.`);
      }
      // Of two files with the same name, the first counts. Some archives have such files so that different programs read them differently.
      if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry);
    }
  } catch (error) {
    zip.close();
    return damaged(error);
  }
  return {
    names: new Set(entries.keys()),
    async read(part) {
      const entry = entries.get(part);
      if (entry === undefined) return undefined;
      // Checked for every file that is read, because a hostile document may name its text like a picture.
      checkRatio(entry, name, maxUnpackedRatio);
      try {
        // The stream ends with an error if more bytes come out than the entry declares.
        const content = await buffer(await zip.openReadStreamPromise(entry));
        const isUtf16 = (content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff);
        return new TextDecoder(isUtf16 ? (content[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8').decode(content);
      } catch (error) {
        return damaged(error);
      }
    },
    close: () => zip.close(),
  };
}

function checkRatio({ uncompressedSize, compressedSize }: yauzl.Entry, name: string, maxUnpackedRatio: number): void {
  if (uncompressedSize >= RATIO_FROM_BYTES && uncompressedSize > compressedSize * maxUnpackedRatio) {
    throw tooLarge(name, `holds a file that unpacks to more than ${maxUnpackedRatio} times its size`);
  }
}

/** An error for a document that does not conform to its format. */
export function damagedDocument(name: string, reason: string, cause?: unknown): DocumentError {
  const message = `${name} is damaged (${reason}). Open it in the program that made it and save it again, or leave it out.`;
  return new DocumentError('Document.Corrupt', message, { cause });
}

function tooLarge(name: string, what: string): DocumentError {
  return new DocumentError(
    'Document.TooLarge',
    `${name} ${what}. Leave it out, or raise the limit if you know where it comes from.`,
  );
}
