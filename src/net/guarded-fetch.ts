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
  /** Asked for the URL and for each that it redirects to. Default: any host. */
  readonly allows?: HostAllowList;
  /** Asked before the URL and each that it redirects to, within the same time; says no by throwing, best a `GuardedFetchError`. */
  readonly beforeEach?: (url: URL, signal: AbortSignal) => Promise<void>;
  /** Sent to the first URL's origin only: a redirect elsewhere does not get them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to every origin. Default: `colloquy`. */
  readonly userAgent?: string;
  /** Of the body, as it came and unpacked. Default: 1 MB. */
  readonly maxBytes?: number;
  /** Whether a longer body is cut at `maxBytes` rather than refused. Default: false. */
  readonly cutsLongBody?: boolean;
  /** Which types of content are read, in lower case without parameters; an empty one was not told. Default: texts. */
  readonly accepts?: (contentType: string) => boolean;
  /** For everything, redirects included. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Default: 5. */
  readonly maxRedirects?: number;
  /** Resolves names. Default: the system's resolver. What it says is checked all the same. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Which addresses may be connected to. Default: those of the public internet. For tests with a server on this machine. */
  readonly mayConnectTo?: (address: string) => boolean;
}

export interface FetchedText {
  /** Where the redirects led. */
  readonly url: string;
  /** In lower case, without parameters, e.g. `text/html`. */
  readonly contentType: string;
  readonly text: string;
}

export interface FetchedBytes extends Omit<FetchedText, 'text'> {
  /** As the server names it, in lower case. */
  readonly charset?: string;
  readonly etag?: string;
  /** Unpacked. */
  readonly bytes: Uint8Array;
}

const DEFAULT_MAX_BYTES = 1_000_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Gets a text from a URL that somebody else chose (a model, a page), without being led to this machine or its network: the address
 * that is connected to is the one that was checked, so that a name which resolves differently the second time gains nothing, and each
 * redirect is checked as the first URL was.
 *
 * @throws {GuardedFetchError} for all that can be foreseen; the signal's reason when it aborts.
 */
export async function guardedFetch(url: string, options: GuardedFetchOptions): Promise<FetchedText> {
  const { bytes, charset, url: found, contentType } = await guardedFetchBytes(url, options);
  const { text } = (await decodeText(bytes, { charset })) ?? { text: new TextDecoder().decode(bytes) };
  return { url: found, contentType, text };
}

/**
 * The same for bytes of whatever type `accepts` allows.
 *
 * @throws {GuardedFetchError} as `guardedFetch` does; with `status` 304 where the headers asked for nothing but news.
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
  // Node resolves no name where the host is an address: its `lookup` would never be asked.
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
      // No agent: a connection kept by somebody else was not checked here.
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

/** What `net.connect` connects to: all that a name resolves to, or nothing. */
function guardedLookup(options: GuardedFetchOptions): LookupFunction {
  const { resolve = resolveBySystem, mayConnectTo = isPublicAddress } = options;
  const lookUp = callbackify(async (hostname: string) => {
    const addresses = await resolve(hostname);
    const [first] = addresses;
    if (first === undefined) throw new Error(`${hostname} has no address`);
    // One of them is enough to refuse: which is connected to first is not ours to say.
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

/** Node reads each byte of a header as a character; servers that do not escape a URL send UTF-8, or their own charset, which is kept. */
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

/** Unpacks as it is read, so that a reader who stops in time meets no bomb. */
async function* unpacked(response: IncomingMessage, encoding: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const packed = asBytes(response)[Symbol.asyncIterator]();
  const beginning = await firstBytes(packed, 2);
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield beginning;
    yield* { [Symbol.asyncIterator]: () => packed };
  };
  const unpack = unpackerOf(encoding, beginning);
  const running = pipeline(whole, unpack, { signal });
  // What breaks is told where it is read.
  running.catch(() => undefined);
  try {
    yield* asBytes(unpack);
  } finally {
    unpack.destroy();
  }
}

/** All that came until there were so many, or the end. */
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
 * `deflate` means zlib's format, and some servers send the bare data in it. source: RFC 9110, 8.4.1.2. Only bare data has a beginning that
 * is neither zlib's nor gzip's: a method other than 8, or a check that is wrong. source: RFC 1950, 2.2; RFC 1952, 2.3.1
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
