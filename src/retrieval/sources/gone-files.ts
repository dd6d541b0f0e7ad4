import { stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { isGlob, parseGlob } from './glob-pattern.js';
import { isWebUrl } from './read-source.js';

/** Where documents of a source are. */
export interface SourcePlace {
  readonly path: string;
  /** Those below it too, not only itself. */
  readonly isFolder: boolean;
}

/**
 * Where documents may be gone from. Undefined for a URL, and for what is not there with the folder that it is in: a disk that is not
 * mounted is no reason to forget what was on it, nor is a folder that is away.
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

/** Whether nothing is there any more. A file that merely cannot be looked at is there. */
export async function isGone(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}
