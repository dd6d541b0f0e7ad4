import { isUtf8 } from 'node:buffer';
import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { callbackify } from 'node:util';
import { createBrotliDecompress, createInflateRaw, createUnzip } from 'node:zlib';
import { decodeText } from './decode-text.js';
import { GuardedFetchError } from './guarded-fetch-error.js';
import type { HostAllowList } from './host-allow-list.js';
import { isPublicAddress } from './public-address.js';
import { BodyError, readBody } from './read-body.js';

export interface GuardedFetchOptions {
  readonly signal: AbortSignal;
  /** Checked for the URL and for each redirect. Default: any host. */
  readonly allows?: HostAllowList;
  /** Called before the URL and before each redirect is fetched, within the same time limit. Throws to refuse, preferably a `GuardedFetchError`. */
  readonly beforeEach?: (url: URL, signal: AbortSignal) => Promise<void>;
  /** Sent only to the origin of the first URL, not to other origins after a redirect. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to every origin. Default: `colloquy`. */
  readonly userAgent?: string;
  /** Limit for the body, both as received and decompressed. Default: 1 MB. */
  readonly maxBytes?: number;
  /** Whether a longer body is cut at `maxBytes` instead of being refused. Default: false. */
  readonly cutsLongBody?: boolean;
  /** Content types to accept, given in lower case without parameters, or empty if the server sent none. Default: texts. */
  readonly accepts?: (contentType: string) => boolean;
  /** Time limit for the whole fetch, redirects included. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Default: 5. */
  readonly maxRedirects?: number;
  /** Resolves names. Default: the system's resolver. The addresses are checked in any case. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Addresses that may be connected to. Default: those of the public internet. For tests with a server on this machine. */
  readonly mayConnectTo?: (address: string) => boolean;
}

export interface FetchedText {
  /** The final URL, after redirects. */
  readonly url: string;
  /** In lower case, without parameters, e.g. `text/html`. */
  readonly contentType: string;
  readonly text: string;
}

export interface FetchedBytes extends Omit<FetchedText, 'text'> {
  /** Charset that the server declares, in lower case. */
  readonly charset?: string;
  readonly etag?: string;
  /** The decompressed body. */
  readonly bytes: Uint8Array;
}

const DEFAULT_MAX_BYTES = 1_000_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches a text from a URL that is not trusted (from a model or a page) without reaching this machine or its network. It connects to the
 * very address that it checked, so a name that resolves differently the second time gains nothing, and it checks each redirect like the
 * first URL.
 *
 * @throws {GuardedFetchError} for all foreseeable failures; the signal's reason when it aborts.
 */
export async function guardedFetch(url: string, options: GuardedFetchOptions): Promise<FetchedText> {
  const { bytes, charset, url: found, contentType } = await guardedFetchBytes(url, options);
  const { text } = (await decodeText(bytes, { charset })) ?? { text: new TextDecoder().decode(bytes) };
  return { url: found, contentType, text };
}

/**
 * Like `guardedFetch`, for bytes of any type that `accepts` allows.
 *
 * @throws {GuardedFetchError} as `guardedFetch` does; with `status` 304 if the request was conditional and the content is unchanged.
 */
export async function guardedFetchBytes(url: string, options: GuardedFetchOptions): Promise<FetchedBytes> {
  const { signal, beforeEach, timeoutMs = DEFAULT_TIMEOUT_MS, maxRedirects = DEFAULT_MAX_REDIRECTS } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, deadline]);
  try {
    let target = checkedUrl(url, options);
    const { origin } = target;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      await beforeEach?.(target, either);
      const headers = target.origin === origin ? options.headers : undefined;
      const response = await open(target, { ...options, headers, signal: either });
      const next = redirectOf(response);
      if (next === undefined) return await read(response, target, options, either);
      response.destroy();
      target = checkedUrl(next, options, target);
    }
    throw new GuardedFetchError('refused', `${url} redirects more than ${maxRedirects} times.`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GuardedFetchError) throw error;
    if (deadline.aborted) throw new GuardedFetchError('timed-out', `${url} did not answer within ${timeoutMs} ms.`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new GuardedFetchError('unreachable', `${url} cannot be reached: ${reason}`, { cause: error });
  }
}

function checkedUrl(text: string, { allows, mayConnectTo = isPublicAddress }: GuardedFetchOptions, base?: URL): URL {
  if (!URL.canParse(text, base?.href))
    throw refused(`"${text}" is not a complete URL. Give one such as https://example.org/page.`);
  const url = new URL(text, base);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refused(`"${url.protocol}" cannot be fetched: only https and http can.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(`A URL for ${url.host} contains a user name or password. Remove them.`);
  }
  if (allows !== undefined && !allows(url)) throw refused(`${url.host} is not among the hosts that may be asked.`);
  // Node does not call `lookup` if the host is an address.
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  if (isIP(host) !== 0 && !mayConnectTo(host)) throw notPublic(url.hostname, host);
  return url;
}

function open(
  url: URL,
  options: GuardedFetchOptions & { readonly headers?: Readonly<Record<string, string>> },
): Promise<IncomingMessage> {
  const { headers, signal, userAgent = 'colloquy', mayConnectTo = isPublicAddress } = options;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'GET',
      // No agent, because this code has not checked the address of a kept connection.
      agent: false,
      lookup: guardedLookup(options),
      headers: {
        accept: 'text/*, application/json, application/xml',
        'accept-encoding': 'gzip, deflate, br',
        'user-agent': userAgent,
        ...headers,
      },
      signal,
    });
    sent.on('socket', (socket) => {
      socket.once('connect', () => {
        const { remoteAddress } = socket;
        if (remoteAddress !== undefined && !mayConnectTo(remoteAddress)) {
          sent.destroy(notPublic(url.hostname, remoteAddress));
        }
      });
    });
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.end();
  });
}

/** The addresses for `net.connect`: all addresses of a name, or none. */
function guardedLookup(options: GuardedFetchOptions): LookupFunction {
  const { resolve = resolveBySystem, mayConnectTo = isPublicAddress } = options;
  const lookUp = callbackify(async (hostname: string) => {
    const addresses = await resolve(hostname);
    const [first] = addresses;
    if (first === undefined) throw new Error(`${hostname} has no address`);
    // One forbidden address is enough to refuse, because Node decides which one it connects to first.
    const forbidden = addresses.find(({ address }) => !mayConnectTo(address));
    if (forbidden !== undefined) throw notPublic(hostname, forbidden.address);
    return { first, all: [...addresses] };
  });
  return (hostname, { all }, callback) =>
    lookUp(hostname, (error, found) => {
      if (error) callback(error, '');
      else if (all) callback(null, found.all);
      else callback(null, found.first.address, found.first.family);
    });
}

function resolveBySystem(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true });
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return REDIRECTS.has(statusCode) && headers.location !== undefined ? locationOf(headers.location) : undefined;
}

/** Node reads each byte of a header as one character. Servers that do not escape a URL send UTF-8, or their own charset, whose bytes are kept. */
function locationOf(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return header.replace(/[\u0080-\u00ff]/gu, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function read(
  response: IncomingMessage,
  { href }: URL,
  { maxBytes = DEFAULT_MAX_BYTES, cutsLongBody = false, accepts = isText }: GuardedFetchOptions,
  signal: AbortSignal,
): Promise<FetchedBytes> {
  try {
    const { statusCode: status = 0, headers } = response;
    if (status < 200 || status > 299) {
      throw new GuardedFetchError('status', `${href} answers with status ${status}.`, { status });
    }
    const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
    const contentType = type.trim();
    const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase();
    const isPacked = encoding !== 'identity';
    if (!accepts(contentType) || (isPacked && !PACKED.has(encoding))) {
      const what = accepts(contentType) ? `"${encoding}" data` : contentType || 'something without a type';
      throw new GuardedFetchError('not-text', `${href} is ${what}, which cannot be read.`);
    }
    const body = isPacked ? unpacked(response, encoding, signal) : asBytes(response);
    const announced = headers['content-length'];
    const bytes = await readBody(body, { maxBytes, announced, cuts: cutsLongBody }).catch((error: unknown) => {
      if (!(error instanceof BodyError)) throw error;
      throw new GuardedFetchError('too-large', `${href} has more than ${maxBytes} bytes.`);
    });
    const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([^\s"]+)/u.exec(one)?.[1]).find(Boolean);
    return {
      url: href,
      contentType,
      ...(charset !== undefined && { charset }),
      ...(headers.etag !== undefined && { etag: headers.etag }),
      bytes,
    };
  } finally {
    response.destroy();
  }
}

const PACKED = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

/** Decompresses while reading, so that a reader that stops in time is safe from decompression bombs. */
async function* unpacked(response: IncomingMessage, encoding: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const packed = asBytes(response)[Symbol.asyncIterator]();
  const beginning = await firstBytes(packed, 2);
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield beginning;
    yield* { [Symbol.asyncIterator]: () => packed };
  };
  const unpack = unpackerOf(encoding, beginning);
  const running = pipeline(whole, unpack, { signal });
  // The reader of the stream gets the error.
  running.catch(() => undefined);
  try {
    yield* asBytes(unpack);
  } finally {
    unpack.destroy();
  }
}

/** All bytes until there are `count` of them, or until the end. */
async function firstBytes(packed: AsyncIterator<Uint8Array>, count: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < count) {
    const next = await packed.next();
    if (next.done === true) break;
    bytes = Buffer.concat([bytes, next.value]);
  }
  return bytes;
}

/**
 * `deflate` means the zlib format, but some servers send raw deflate data. source: RFC 9110, 8.4.1.2. Only raw data begins like neither
 * zlib nor gzip: with a method other than 8, or a wrong check value. source: RFC 1950, 2.2; RFC 1952, 2.3.1
 */
function unpackerOf(encoding: string, beginning: Buffer) {
  if (encoding === 'br') return createBrotliDecompress();
  const [first = 0, second = 0] = beginning;
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  const isGzip = first === 0x1f && second === 0x8b;
  return encoding === 'deflate' && !isZlib && !isGzip ? createInflateRaw() : createUnzip();
}

function asBytes(stream: Readable): AsyncIterable<Uint8Array> {
  return stream;
}

function isText(contentType: string): boolean {
  return /^(?:text\/.+|application\/(?:.+\+)?(?:json|xml)|application\/(?:javascript|yaml))$/u.test(contentType);
}

function refused(message: string): GuardedFetchError {
  return new GuardedFetchError('refused', message);
}

function notPublic(hostname: string, address: string): GuardedFetchError {
  const what = hostname.replace(/^\[|\]$/gu, '') === address ? address : `${hostname} (${address})`;
  return refused(`${what} is not an address on the public internet.`);
}
