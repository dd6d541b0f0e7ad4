import { stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { isGlob, parseGlob } from './glob-pattern.js';
import { isWebUrl } from './read-source.js';

/**
 * What documents of a source have in common: their URI is one of `prefixes`, or below it. None of a URL, nor of a folder that is not there:
 * a disk that is not mounted is no reason to forget what was on it.
 */
export async function prefixOfSource(source: string): Promise<string | undefined> {
  if (isWebUrl(source) || /^[a-z][a-z\d+.-]+:\/\//iu.test(source)) return undefined;
  const path = resolve('/', source);
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (isFolder) return path;
  const base = isGlob(source) ? parseGlob(path.split(sep).join('/')).base : dirname(path);
  const isBaseThere = (await stat(base).catch(() => undefined))?.isDirectory() ?? false;
  if (!isBaseThere) return undefined;
  return isGlob(source) ? base : path;
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
