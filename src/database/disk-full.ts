import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from './database-error.js';

/** Size of an empty database, 39 MB, plus room for its first writes. */
const NEW_DATABASE_BYTES = 48 * 1024 * 1024;
/** With less free space than this, any failure of the database counts as a full disk, whatever its message says. */
const NO_ROOM_BYTES = 1024 * 1024;
/**
 * Messages of PostgreSQL and Node, and the error number that WebAssembly programs get. source:
 * WebAssembly/WASI, preview1 `errno`, 51 is `nospc`
 */
const SAYS_FULL = /no space left|ENOSPC|EDQUOT|disk (is )?full|errno: 51\b/iu;

/** @throws {DatabaseError} `Database.Full` if the folder's disk has no room for an empty database. */
export function requireRoomForDatabase(folder: string): void {
  const free = freeBytes(folder);
  if (free !== undefined && free < NEW_DATABASE_BYTES) throw databaseFull(folder);
}

/** Whether opening or writing the database failed because the folder's disk is full. */
export function isForLackOfRoom(folder: string, error: unknown): boolean {
  const free = freeBytes(folder);
  return SAYS_FULL.test(textOf(error)) || (free !== undefined && free < NO_ROOM_BYTES);
}

export function databaseFull(folder: string, cause?: unknown): DatabaseError {
  const free = freeBytes(folder);
  const has = free === undefined ? 'has no room left' : `has ${(free / 1024 / 1024).toFixed(0)} MB left`;
  return new DatabaseError(
    'Database.Full',
    `The disk of the embedded database (${folder}) ${has}; an empty database alone needs ${NEW_DATABASE_BYTES / 1024 / 1024} MB. ` +
      'Free some space, or set COLLOQUY_HOME to a folder on another disk, or DATABASE_URL to a PostgreSQL server.',
    { cause },
  );
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stderr = 'stderr' in error ? String(error.stderr) : '';
  const cause = error.cause === undefined ? '' : textOf(error.cause);
  return `${'code' in error ? String(error.code) : ''} ${error.message} ${stderr} ${cause}`;
}

/** Free space for this user. Undefined where the system does not report it. */
function freeBytes(folder: string): number | undefined {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    const { bavail, bsize } = statfsSync(existing);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
