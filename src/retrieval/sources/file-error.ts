import { DocumentError } from '../document-error.js';

/**
 * Converts an error of the file system to one line about the path. Errors of documents stay as they are.
 *
 * @param name name of the path in messages
 */
export function fileError(error: unknown, path: string, name = path): DocumentError {
  if (error instanceof DocumentError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new DocumentError('Document.NotFound', `There is no ${name}. Check the path.`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new DocumentError(
        'Document.Forbidden',
        `${name} may not be read. Give this user the permission to read it (chmod), or leave it out.`,
        { cause: error },
      );
    case 'ELOOP':
      return new DocumentError('Document.Forbidden', `${name} is a link that leads in a circle. Mend or remove it.`, {
        cause: error,
      });
    case 'ENXIO':
      return new DocumentError(
        'Document.Unsupported',
        `${name} is a device, a pipe or a socket. Only files are read.`,
        {
          cause: error,
        },
      );
    default: {
      const reason = (error instanceof Error ? error.message : String(error)).replaceAll(path, name);
      return new DocumentError('Document.Unreachable', `${name} cannot be read (${reason}). Try again.`, {
        cause: error,
      });
    }
  }
}
