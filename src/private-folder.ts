import { chmodSync, lstatSync, mkdirSync } from 'node:fs';

/**
 * Makes a folder of ours that holds what was said, or what tells of it, and closes it to other users, also when it was there before: the
 * data folder itself may be one that others can read, and programs that write into this one may not care who reads their files.
 *
 * @throws the system's error when it cannot be made, or belongs to somebody else
 */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') return;
  if ((lstatSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}
