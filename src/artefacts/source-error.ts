/** One source could not provide the file; the next one is tried. The message is the reason, worded to follow "SOURCE: ". */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** The system's code of an error (`ENOSPC`, `ENOTFOUND`), or undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of an error. For an AggregateError, whose own message is empty, the message of its first error. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorMessage(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** Whether the disk is full, or the user's quota is used up. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

const FILE_SYSTEM_CODES = [
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EFBIG',
  'EROFS',
  'EACCES',
  'EPERM',
  'EEXIST',
  'ENOENT',
  'EMFILE',
];

/** Whether a local write or read failed, so that another source would not help. */
export function isFileSystemError(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && FILE_SYSTEM_CODES.includes(code);
}
