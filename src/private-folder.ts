import { chmodSync, lstatSync, mkdirSync } from 'node:fs';

/**
 * Creates a folder for conversations or data about them, and closes it to other users, even if it already existed: others may be able to
 * read the data folder around it, and programs that write into this folder may not restrict access to their files.
 *
 * @throws the system's error if the folder cannot be created, or belongs to another user
 */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') return;
  if ((lstatSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}
