import { stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { isGlob, parseGlob } from './glob-pattern.js';
import { isWebUrl } from './read-source.js';

/** Location of the documents of a source. */
export interface SourcePlace {
  readonly path: string;
  /** Whether the documents below the path belong to it too. */
  readonly isFolder: boolean;
}

/**
 * Location at which documents of a source may have been deleted. Undefined for a URL, and if neither the source nor its folder exists: a
 * missing folder, e.g. of an unmounted disk, is not a reason to remove its documents.
 */
export async function placeOfSource(source: string): Promise<SourcePlace | undefined> {
  if (isWebUrl(source)) return undefined;
  const path = resolve('/', source);
  if (await isDirectory(path)) return { path, isFolder: true };
  if (isGlob(source)) {
    const { base } = parseGlob(path.split(sep).join('/'));
    if (await isDirectory(base)) return { path: base, isFolder: true };
  }
  return (await isDirectory(dirname(path))) ? { path, isFolder: false } : undefined;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Whether the file no longer exists. A file that merely cannot be examined counts as existing. */
export async function isGone(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}
