/** Bytes as text, whoever wrote them. */
import { isUtf8 } from 'node:buffer';
import { decodeBytes, decodeSample } from './encodings.js';
import { bestOf } from './usual-characters.js';

/** How much is looked at to tell encodings apart. */
const SAMPLE_BYTES = 262_144;
/** Where an HTML page names its charset. source: the HTML standard, "prescan a byte stream": 1024 bytes; real pages are less strict */
const META_BYTES = 4096;

export interface DecodedText {
  readonly text: string;
  /** As the Encoding Standard names it, e.g. `gb18030`. */
  readonly encoding: string;
  /** Whether the encoding is a guess that may well be wrong. */
  readonly isUnsure?: true;
}

type Found = Omit<DecodedText, 'text'>;

/**
 * By the byte order mark, else ISO-2022-JP by its escapes, else as UTF-8 where it is valid, else by the charset that came with it or that an HTML page names
 * where it decodes without faults, else UTF-16 of either order, UTF-8 with few bytes broken, and last by a detector. Undefined for bytes that
 * are no text.
 */
export async function decodeText(
  bytes: Uint8Array,
  options: { readonly charset?: string } = {},
): Promise<DecodedText | undefined> {
  const found = knownEncodingOf(bytes, options.charset) ?? (await detected(bytes));
  if (found === undefined) return undefined;
  const text = decodeBytes(bytes, found.encoding);
  return isText(text) ? { text, ...found } : undefined;
}

/** Of UTF-8 or UTF-16. */
export function hasByteOrderMark(bytes: Uint8Array): boolean {
  const [first, second, third] = bytes;
  if (first === 0xef) return second === 0xbb && third === 0xbf;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** What can be told without the detector. */
function knownEncodingOf(bytes: Uint8Array, charset: string | undefined): Found | undefined {
  // With two more zeros it is UTF-32, which nothing here reads: its NULs are no text to the others.
  if (bytes[0] === 0xff && bytes[1] === 0xfe && (bytes[2] !== 0 || bytes[3] !== 0)) return { encoding: 'utf-16le' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be' };
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  // Bytes of ASCII alone, and so valid UTF-8: nothing else has these sequences.
  if (isIso2022Jp(sample)) return { encoding: 'iso-2022-jp' };
  const hasNul = sample.includes(0);
  if (!hasNul && isUtf8(bytes)) return { encoding: 'utf-8' };
  const named = [charset, metaCharset(bytes)].flatMap((label) => knownEncoding(label) ?? []);
  // UTF-8 was looked at; a damaged one still is UTF-8 where its sender and nothing else says so.
  const right = named.find((encoding) => isValid(sample, encoding) && isText(decodeSample(sample, encoding) ?? ''));
  if (right !== undefined) return { encoding: right };
  const encoding = hasNul ? bestOf(UTF_16, sample) : (withoutNul(sample) ?? damagedUtf8(sample));
  return encoding === undefined ? undefined : { encoding };
}

const UTF_16 = ['utf-16le', 'utf-16be'];
const MOST_ASCII_OF_UTF_16 = 0.8;
const LEAST_UTF_16_BYTES = 16;

/** UTF-16 of nothing but East Asian characters has no NUL. About half of its bytes are as those of ASCII; of a short text in Latin letters nearly all are. */
function withoutNul(sample: Uint8Array): string | undefined {
  const ascii = sample.reduce((count, byte) => (byte < 0x80 ? count + 1 : count), 0);
  if (sample.length < LEAST_UTF_16_BYTES || ascii > sample.length * MOST_ASCII_OF_UTF_16) return undefined;
  const best = bestOf(['gb18030', 'big5', 'shift_jis', 'euc-kr', ...UTF_16], sample);
  return best !== undefined && UTF_16.includes(best) ? best : undefined;
}

/** The detector is large, and few texts need it: it is loaded for the first that does. */
async function detected(bytes: Uint8Array): Promise<Found | undefined> {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  // Control characters are the same bytes in all that is left, and none of it has NUL.
  if (sample.includes(0) || !isText(Buffer.from(sample).toString('latin1'))) return undefined;
  const { detectEncoding } = await import('./detect-encoding.js');
  return detectEncoding(sample) ?? { encoding: 'windows-1252', isUnsure: true };
}

/** Escapes to JIS X 0208, with no byte outside ASCII. source: RFC 1468 */
function isIso2022Jp(sample: Uint8Array): boolean {
  const bytes = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength);
  const escapes = ['\u001B$B', '\u001B$@'].some((escape) => bytes.includes(escape, 0, 'latin1'));
  return escapes && sample.every((byte) => byte < 0x80) && isValid(sample, 'iso-2022-jp');
}

/** UTF-8 with a few bytes broken, as where a file was cut: most of what is not ASCII is right. */
function damagedUtf8(sample: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8').decode(sample, { stream: true });
  let right = 0;
  let wrong = 0;
  for (const character of text) {
    if (character === '\u{fffd}') wrong++;
    else if (character >= '\u{80}') right++;
  }
  return right > wrong * 10 ? 'utf-8' : undefined;
}

function isValid(bytes: Uint8Array, encoding: string): boolean {
  return decodeSample(bytes, encoding) !== undefined;
}

function metaCharset(bytes: Uint8Array): string | undefined {
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, META_BYTES)).toString(
    'latin1',
  );
  const found = /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,100}encoding\s*=\s*["']([\w-]+)/iu.exec(
    beginning,
  );
  return found?.[1] ?? found?.[2];
}

function knownEncoding(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    // GB18030 holds what pages that name GB2312 or GBK write beyond those.
    return encoding === 'gbk' ? 'gb18030' : encoding;
  } catch {
    return undefined;
  }
}

/** Whether there are next to no control characters, as in a text, and few characters that could not be decoded. */
function isText(text: string): boolean {
  const sample = text.slice(0, SAMPLE_BYTES);
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const controls = sample.match(/[\u0000-\u0008\u000E-\u001A\u001C-\u001F]/gu)?.length ?? 0;
  const broken = sample.match(/\u{fffd}/gu)?.length ?? 0;
  return controls <= sample.length / 500 && broken <= sample.length / 20;
}
