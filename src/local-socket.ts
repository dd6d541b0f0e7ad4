import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, including the final zero; this leaves some room. */
const MAX_SOCKET_PATH_BYTES = 100;

/** The socket that serves the token stream of this data folder. */
export function streamSocketPath(home: string): string {
  return localSocketPath(home, 'stream');
}

/** The socket that serves the embedded database of this data folder. */
export function databaseSocketPath(home: string): string {
  return localSocketPath(home, 'database');
}

/**
 * `run/NAME.sock` in the data folder. If that is too long for a socket, a short path below the system's temporary folder,
 * derived from `home`; on Windows, a named pipe. The path is the same for all processes of one user on one machine,
 * provided that they have the same `TMPDIR`.
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
 * Creates the socket's folder, which only this user can read.
 *
 * @throws Error if the folder belongs to another user, who may have created it in a shared temporary folder.
 */
export function createSocketFolder(socketPath: string): void {
  if (process.platform === 'win32') return;
  const folder = dirname(socketPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseForeignFolder(socketPath);
  chmodSync(folder, 0o700);
}

/** @throws Error if the socket's folder does not exist, or belongs to another user, who could read the conversation. */
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
