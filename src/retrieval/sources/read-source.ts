import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { guardedFetchBytes, type GuardedFetchOptions } from '../../net/guarded-fetch.js';
import { GuardedFetchError } from '../../net/guarded-fetch-error.js';
import { DocumentError, type DocumentFailureType } from '../document-error.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../document-limits.js';
import { tooManyBytes } from '../parse/parse-document.js';
import { fileError } from './file-error.js';

export interface SourceContent {
  readonly bytes: Uint8Array;
  /** Name for messages and for its extension: the file's name, or the final URL after redirects. */
  readonly name: string;
  /** Media type that the server declared, without parameters. */
  readonly mediaType?: string;
  readonly charset?: string;
}

export interface ReadSourceOptions {
  readonly signal: AbortSignal;
  /** Name of a file in errors. Default: its path. */
  readonly name?: string | undefined;
  /** Default: 100 MB. */
  readonly maxBytes?: number;
  /** Time limit for a web page, redirects included. Default: 60 s. */
  readonly timeoutMs?: number;
  /** For tests: see `GuardedFetchOptions`. */
  readonly connection?: Pick<GuardedFetchOptions, 'resolve' | 'mayConnectTo' | 'allows'>;
}

const FETCH_TIMEOUT_MS = 60_000;
const READ_BYTES = 1_048_576;

/**
 * Reads the bytes of a URI from `expandSources`: an absolute path, or a URL on the public internet.
 *
 * @throws {DocumentError}; the signal's reason when it aborts.
 */
export async function readSource(uri: string, options: ReadSourceOptions): Promise<SourceContent> {
  const { signal, maxBytes = DEFAULT_DOCUMENT_LIMITS.maxBytes } = options;
  signal.throwIfAborted();
  if (isWebUrl(uri)) return fetchSource(uri, { ...options, maxBytes });
  return { bytes: await readRegularFile(uri, options.name ?? uri, maxBytes, signal), name: basename(uri) };
}

export function isWebUrl(source: string): boolean {
  return /^https?:\/\//iu.test(source);
}

async function readRegularFile(path: string, name: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (stats.isDirectory()) {
      throw new DocumentError('Document.Unsupported', `${name} is a folder. Add it as a source to read what is in it.`);
    }
    if (!stats.isFile()) {
      throw new DocumentError('Document.Unsupported', `${name} is a device, a pipe or a socket. Only files are read.`);
    }
    if (stats.size > maxBytes) throw tooManyBytes(name, stats.size, maxBytes);
    const chunks: Buffer[] = [];
    let bytes = 0;
    // The file may grow meanwhile, and virtual files report a size of 0.
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read({
        buffer: Buffer.allocUnsafe(Math.max(READ_BYTES, stats.size - bytes)),
      });
      if (bytesRead === 0) return Buffer.concat(chunks, bytes);
      bytes += bytesRead;
      if (bytes > maxBytes) throw tooManyBytes(name, bytes, maxBytes);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, path, name);
  } finally {
    await file?.close();
  }
}

async function fetchSource(
  url: string,
  options: ReadSourceOptions & { readonly maxBytes: number },
): Promise<SourceContent> {
  const { signal, maxBytes, timeoutMs = FETCH_TIMEOUT_MS, connection } = options;
  try {
    const fetched = await guardedFetchBytes(url, { ...connection, signal, maxBytes, timeoutMs, accepts: () => true });
    const { bytes, charset, contentType } = fetched;
    return { bytes, name: fetched.url, charset, mediaType: contentType === '' ? undefined : contentType };
  } catch (error) {
    if (!(error instanceof GuardedFetchError)) throw error;
    const { kind, message, isRetryable } = error;
    throw new DocumentError(typeOf(error), `${message}${ADVICE[kind]}`, { cause: error, retryable: isRetryable });
  }
}

const ADVICE: Readonly<Record<GuardedFetchError['kind'], string>> = {
  refused: ' Get the document yourself and add the file.',
  unreachable: ' Try again later.',
  'timed-out': ' Try again later, or raise the time limit.',
  status: ' Open it in a browser to see why.',
  'too-large': ' Raise the limit, or leave it out.',
  'not-text': ' Get the document yourself and add the file.',
};

function typeOf({ kind, status }: GuardedFetchError): DocumentFailureType {
  switch (kind) {
    case 'refused':
      return 'Document.Forbidden';
    case 'unreachable':
      return 'Document.Unreachable';
    case 'timed-out':
      return 'Document.Timeout';
    case 'too-large':
      return 'Document.TooLarge';
    case 'not-text':
      return 'Document.Unsupported';
    case 'status':
      if (status === 404 || status === 410) return 'Document.NotFound';
      return status === 401 || status === 403 ? 'Document.Forbidden' : 'Document.Unreachable';
  }
}
