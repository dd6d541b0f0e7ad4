import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, the final zero included; this leaves some room. */
const MAX_SOCKET_PATH_BYTES = 100;

/** Where the token stream of this data folder is served. */
export function streamSocketPath(home: string): string {
  return localSocketPath(home, 'stream');
}

/** Where the embedded database of this data folder is served. */
export function databaseSocketPath(home: string): string {
  return localSocketPath(home, 'database');
}

/**
 * `run/NAME.sock` in the data folder; when that is too long for a socket, a short path below the system's folder for temporary
 * files, derived from `home`; on Windows a named pipe. Equal for all processes of one user on one machine, provided that they have
 * the same `TMPDIR`.
 */
function localSocketPath(home: string, name: 'stream' | 'database'): string {
  const absoluteHome = resolve(home);
  const digest = createHash('sha256').update(absoluteHome).digest('hex').slice(0, 16);
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\colloquy-${name === 'stream' ? digest : `${digest}-${name}`}`;
  }
  const file = `${name}.sock`;
  const candidates = [
    join(absoluteHome, 'run', file),
    join(tmpdir(), `colloquy-${digest}`, file),
    join('/tmp', `colloquy-${digest}`, file),
  ];
  return candidates.find((path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) ?? join('/tmp', digest, file);
}

/**
 * Makes the socket's folder, readable by nobody else.
 *
 * @throws Error when the folder belongs to another user: in a shared folder for temporary files somebody may have put it there.
 */
export function createSocketFolder(socketPath: string): void {
  if (process.platform === 'win32') return;
  const folder = dirname(socketPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseForeignFolder(socketPath);
  chmodSync(folder, 0o700);
}

/** @throws Error when the socket's folder belongs to another user, who could read along; or is not there. */
export function refuseForeignFolder(socketPath: string): void {
  if (process.platform === 'win32') return;
  const folder = dirname(socketPath);
  const status = lstatSync(folder);
  const ownUid = process.getuid?.();
  if (status.isDirectory() && status.uid === ownUid) return;
  const found = status.isDirectory() ? `belongs to user id ${status.uid}, not to ${ownUid}` : 'is not a folder';
  throw new Error(
    `${folder} ${found}: what is said is not sent through it. Remove it or set another TMPDIR or COLLOQUY_HOME.`,
  );
}
