import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import yauzl from 'yauzl';
import { errorMessage, isFileSystemError, SourceError } from './source-error.js';

export interface UnpackOptions {
  readonly signal: AbortSignal;
  /** Size of the member; a member of another size is refused before it is unpacked. */
  readonly exactBytes: number;
  readonly onBytes: (bytes: number) => void;
}

/** Unpacks one file of a zip archive, such as a wheel, to a new file. @throws {SourceError} if the archive does not contain it */
export async function unpackZipMember(
  archive: string,
  member: string,
  destination: string,
  options: UnpackOptions,
): Promise<void> {
  const zip = await yauzl.openPromise(archive, { lazyEntries: true, autoClose: false }).catch(notAnArchive);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== member) continue;
      refuseSize(member, entry.uncompressedSize, options.exactBytes);
      const content = await zip.openReadStreamPromise(entry);
      const file = createWriteStream(destination, { flags: 'wx', flush: true });
      await pipeline(content, (chunks) => counted(chunks, options.onBytes), file, { signal: options.signal });
      return;
    }
  } catch (error) {
    options.signal.throwIfAborted();
    notAnArchive(error);
  } finally {
    zip.close();
  }
  throw new SourceError(`its archive holds no ${member}`);
}

/** The same for a tar.gz archive. `folder` holds temporary files, and must be on the same disk as `destination`. */
export async function unpackTarMember(
  archive: string,
  member: string,
  destination: string,
  { folder, exactBytes, signal }: UnpackOptions & { readonly folder: string },
): Promise<void> {
  const target = join(folder, 'tar');
  await mkdir(target, { recursive: true });
  let found: number | undefined;
  await extract({
    file: archive,
    cwd: target,
    strict: true,
    filter: (path, entry) => {
      if (path.replace(/^\.\//, '') !== member || !('type' in entry) || entry.type !== 'File') return false;
      found = entry.size;
      return entry.size === exactBytes;
    },
  }).catch(notAnArchive);
  signal.throwIfAborted();
  if (found === undefined) throw new SourceError(`its archive holds no ${member}`);
  refuseSize(member, found, exactBytes);
  await rename(join(target, member), destination);
}

async function* counted(chunks: AsyncIterable<Buffer>, onBytes: (bytes: number) => void): AsyncIterable<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
  }
}

function refuseSize(member: string, sizeBytes: number, exactBytes: number): void {
  if (sizeBytes !== exactBytes) {
    throw new SourceError(`its ${member} is another file (${sizeBytes} bytes, expected ${exactBytes})`);
  }
}

/** Also covers an archive that was truncated or altered, which shows only while unpacking. */
function notAnArchive(error: unknown): never {
  if (error instanceof SourceError || isFileSystemError(error)) throw error;
  throw new SourceError(`its archive cannot be read (${errorMessage(error)})`, { cause: error });
}
