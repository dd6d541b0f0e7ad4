import { statfs } from 'node:fs/promises';
import { ArtefactError } from './artefact-error.js';
import { formatBytes } from './format-bytes.js';

/** @throws {ArtefactError} `no-space` if this user has less than `neededBytes` on the disk of `folder`. */
export async function requireFreeSpace(folder: string, neededBytes: number, title: string): Promise<void> {
  const freeBytes = await freeBytesOf(folder);
  if (freeBytes !== undefined && freeBytes < neededBytes) throw noSpaceError(folder, neededBytes, freeBytes, title);
}

/** The same error, for a disk that became full during a write. */
export async function diskFullError(
  folder: string,
  neededBytes: number,
  title: string,
  cause: unknown,
): Promise<Error> {
  return noSpaceError(folder, neededBytes, await freeBytesOf(folder), title, cause);
}

function noSpaceError(folder: string, needed: number, free: number | undefined, title: string, cause?: unknown): Error {
  const freeText = free === undefined ? 'not enough is' : `${formatBytes(free)} (${free} bytes) is`;
  return new ArtefactError(
    'no-space',
    `No space to fetch ${title}: ${folder} needs ${formatBytes(needed)} (${needed} bytes) and ${freeText} free. ` +
      `Free some space, or set COLLOQUY_HOME to a folder on another disk.`,
    { cause },
  );
}

async function freeBytesOf(folder: string): Promise<number | undefined> {
  // Some file systems do not report it; then a write will show whether there is enough.
  const status = await statfs(folder).catch(() => undefined);
  return status && status.bavail * status.bsize;
}
