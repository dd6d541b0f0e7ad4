/** One source could not give the file; the next is tried. The message is the reason, worded to stand after "SOURCE: ". */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** The system's code of an error (`ENOSPC`, `ENOTFOUND`), or undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an error says, also when it is an AggregateError, whose own message is empty. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorMessage(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** No space left, or the user's quota is used up. */
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

/** Raised by writing or reading here, so another source would not help. */
export function isFileSystemError(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && FILE_SYSTEM_CODES.includes(code);
}
