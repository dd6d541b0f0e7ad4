import { createWriteStream } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { formatBytes } from './format-bytes.js';
import { errorMessage, isFileSystemError, SourceError } from './source-error.js';

export interface DownloadTimeouts {
  /** Limit from the request to an open, encrypted connection. It is short, because on a closed network every first start waits for it. */
  readonly connectMs: number;
  /** Longest silence of the server, before and during the response. */
  readonly idleMs: number;
}

export const DOWNLOAD_TIMEOUTS: DownloadTimeouts = { connectMs: 5_000, idleMs: 30_000 };

const MAX_REDIRECTS = 5;

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** A larger download is aborted. */
  readonly maxBytes: number;
  /** If set, a response that announces a different length is refused before its first byte. */
  readonly exactBytes?: number;
  readonly onBytes: (bytes: number, totalBytes: number | undefined) => void;
  readonly timeouts?: DownloadTimeouts;
}

/**
 * Downloads to a new file and flushes it to disk.
 *
 * @throws {SourceError} for every fault of the server or the network; file-system errors and abortion are thrown unchanged.
 */
export async function downloadFile(url: string, destination: string, options: DownloadOptions): Promise<void> {
  const timeouts = options.timeouts ?? DOWNLOAD_TIMEOUTS;
  const response = await openFollowingRedirects(new URL(url), options.signal, timeouts);
  const length = Number(response.headers['content-length'] ?? Number.NaN);
  const announced = Number.isNaN(length) ? undefined : length;
  try {
    refuseLength(announced, options);
    await save(response, destination, announced, options);
  } finally {
    response.destroy();
  }
}

function refuseLength(announced: number | undefined, { exactBytes, maxBytes }: DownloadOptions): void {
  if (announced === undefined) return;
  if (exactBytes !== undefined && announced !== exactBytes) {
    throw new SourceError(`offers another file (${announced} bytes, expected ${exactBytes})`);
  }
  if (announced > maxBytes) throw new SourceError(`offers ${announced} bytes, more than the ${maxBytes} expected`);
}

async function save(
  response: IncomingMessage,
  destination: string,
  announced: number | undefined,
  { signal, maxBytes, onBytes }: DownloadOptions,
): Promise<void> {
  let bytes = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new SourceError(`sent more than the ${maxBytes} bytes expected`);
      onBytes(bytes, announced);
      yield chunk;
    }
  }
  try {
    await pipeline(response, counted, createWriteStream(destination, { flags: 'wx', flush: true }), { signal });
  } catch (error) {
    if (signal.aborted || error instanceof SourceError || isFileSystemError(error)) throw error;
    throw new SourceError(describeCut(error, bytes, announced), { cause: error });
  }
  if (announced !== undefined && bytes !== announced) throw new SourceError(describeCut(undefined, bytes, announced));
}

function describeCut(error: unknown, bytes: number, announced: number | undefined): string {
  const progress = announced === undefined ? formatBytes(bytes) : `${bytes} of ${announced} bytes`;
  const reason = error === undefined ? 'connection closed' : errorMessage(error);
  return `broke off after ${progress} (${reason})`;
}

async function openFollowingRedirects(
  first: URL,
  signal: AbortSignal,
  timeouts: DownloadTimeouts,
): Promise<IncomingMessage> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await open(url, signal, timeouts);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) {
      throw new SourceError(`answered HTTP ${statusCode} for ${url.pathname}`);
    }
    if (!URL.canParse(headers.location, url.href)) {
      throw new SourceError(`redirects to "${headers.location}", which is not an address`);
    }
    const next = new URL(headers.location, url);
    if (next.protocol !== 'https:' && next.protocol !== url.protocol) {
      throw new SourceError(`redirects from ${url.protocol} to ${next.protocol}, which is not followed`);
    }
    url = next;
  }
  throw new SourceError(`redirects more than ${MAX_REDIRECTS} times`);
}

function open(url: URL, signal: AbortSignal, timeouts: DownloadTimeouts): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // Uses no keep-alive agent, because an idle connection would keep the process alive.
    const sent = request(url, { signal, agent: false, headers: { 'user-agent': 'colloquy', accept: '*/*' } });
    const connecting = setTimeout(() => {
      sent.destroy(new SourceError(`cannot be reached (no connection within ${timeouts.connectMs / 1000} s)`));
    }, timeouts.connectMs);
    const connected = (): void => clearTimeout(connecting);
    sent.once('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    let received: IncomingMessage | undefined;
    sent.setTimeout(timeouts.idleMs, () => {
      // If the request were destroyed instead, the response would end with a bare "aborted".
      (received ?? sent).destroy(new SourceError(`silent for ${timeouts.idleMs / 1000} s`));
    });
    sent.once('response', (response) => {
      received = response;
      resolve(response);
    });
    // Uses `on`, because destroying the request after the response may emit another error, which then has no other listener.
    sent.on('error', (error) => {
      connected();
      const own = signal.aborted || error instanceof SourceError;
      reject(own ? error : new SourceError(`cannot be reached (${errorMessage(error)})`, { cause: error }));
    });
    sent.end();
  });
}
