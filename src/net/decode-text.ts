/** Decodes bytes from any source as text. */
import { isUtf8 } from 'node:buffer';
import { decodeBytes, decodeSample } from './encodings.js';
import { bestOf } from './usual-characters.js';

/** Number of bytes examined to tell encodings apart. */
const SAMPLE_BYTES = 262_144;
/**
 * Number of bytes in which an HTML page names its charset. source: the HTML standard, "prescan a byte stream": 1024 bytes; real pages are
 * less strict
 */
const META_BYTES = 4096;

export interface DecodedText {
  readonly text: string;
  /** Name of the encoding in the Encoding Standard, e.g. `gb18030`. */
  readonly encoding: string;
  /** Whether the encoding is a guess that may well be wrong. */
  readonly isUnsure?: true;
}

type Found = Omit<DecodedText, 'text'>;

/**
 * Decodes bytes and tells the encoding, which is the first of these that applies: the byte order mark; ISO-2022-JP by its escapes; UTF-8 if
 * the bytes are valid; the charset that came with the bytes, or that an HTML page names, if they decode without errors; UTF-16 of either
 * byte order; UTF-8 with a few broken bytes; the guess of a detector. Returns undefined for bytes that are not text.
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

/** Whether the bytes begin with a byte order mark of UTF-8 or UTF-16. */
export function hasByteOrderMark(bytes: Uint8Array): boolean {
  const [first, second, third] = bytes;
  if (first === 0xef) return second === 0xbb && third === 0xbf;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** The encoding, if it can be told without the detector. */
function knownEncodingOf(bytes: Uint8Array, charset: string | undefined): Found | undefined {
  // With two more zeros it would be UTF-32, which is not supported: because of its NULs, no other encoding reads it as text.
  if (bytes[0] === 0xff && bytes[1] === 0xfe && (bytes[2] !== 0 || bytes[3] !== 0)) return { encoding: 'utf-16le' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be' };
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  // Such text is pure ASCII and therefore also valid UTF-8, but only ISO-2022-JP has these escapes.
  if (isIso2022Jp(sample)) return { encoding: 'iso-2022-jp' };
  const hasNul = sample.includes(0);
  if (!hasNul && isUtf8(bytes)) return { encoding: 'utf-8' };
  const named = [charset, metaCharset(bytes)].flatMap((label) => knownEncoding(label) ?? []);
  // The bytes as a whole are not valid UTF-8, or have NULs. If UTF-8 is declared and the sample is valid, they are damaged UTF-8.
  const right = named.find((encoding) => isValid(sample, encoding) && isText(decodeSample(sample, encoding) ?? ''));
  if (right !== undefined) return { encoding: right };
  const encoding = hasNul ? bestOf(UTF_16, sample) : (withoutNul(sample) ?? damagedUtf8(sample));
  return encoding === undefined ? undefined : { encoding };
}

const UTF_16 = ['utf-16le', 'utf-16be'];
const MOST_ASCII_OF_UTF_16 = 0.8;
const LEAST_UTF_16_BYTES = 16;

/**
 * UTF-16 of East Asian characters alone has no NUL. About half of its bytes are in the ASCII range; in a short text of Latin letters nearly
 * all are.
 */
function withoutNul(sample: Uint8Array): string | undefined {
  const ascii = sample.reduce((count, byte) => (byte < 0x80 ? count + 1 : count), 0);
  if (sample.length < LEAST_UTF_16_BYTES || ascii > sample.length * MOST_ASCII_OF_UTF_16) return undefined;
  const best = bestOf(['gb18030', 'big5', 'shift_jis', 'euc-kr', ...UTF_16], sample);
  return best !== undefined && UTF_16.includes(best) ? best : undefined;
}

/** Loads the detector only for the first text that needs it, because it is large and few texts do. */
async function detected(bytes: Uint8Array): Promise<Found | undefined> {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  // All remaining encodings have the same control characters and no NUL.
  if (sample.includes(0) || !isText(Buffer.from(sample).toString('latin1'))) return undefined;
  const { detectEncoding } = await import('./detect-encoding.js');
  return detectEncoding(sample) ?? { encoding: 'windows-1252', isUnsure: true };
}

/** Whether the bytes have escapes to JIS X 0208 and no byte outside ASCII. source: RFC 1468 */
function isIso2022Jp(sample: Uint8Array): boolean {
  const bytes = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength);
  const escapes = ['\u001B$B', '\u001B$@'].some((escape) => bytes.includes(escape, 0, 'latin1'));
  return escapes && sample.every((byte) => byte < 0x80) && isValid(sample, 'iso-2022-jp');
}

/** UTF-8 with a few broken bytes, e.g. in a file that was cut off: most of its characters outside ASCII are valid. */
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
    // Pages that declare GB2312 or GBK often use characters that only GB18030 has.
    return encoding === 'gbk' ? 'gb18030' : encoding;
  } catch {
    return undefined;
  }
}

/** Whether the text has hardly any control characters and only few characters that could not be decoded. */
function isText(text: string): boolean {
  const sample = text.slice(0, SAMPLE_BYTES);
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const controls = sample.match(/[\u0000-\u0008\u000E-\u001A\u001C-\u001F]/gu)?.length ?? 0;
  const broken = sample.match(/\u{fffd}/gu)?.length ?? 0;
  return controls <= sample.length / 500 && broken <= sample.length / 20;
}
