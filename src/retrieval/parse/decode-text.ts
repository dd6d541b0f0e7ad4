/** Bytes as text, whoever wrote them. */

/** How much is looked at to tell encodings apart. */
const SAMPLE_BYTES = 262_144;
/** Where an HTML page names its charset. source: the HTML standard, "prescan a byte stream": 1024 bytes; real pages are less strict */
const META_BYTES = 4096;

interface Candidate {
  readonly encoding: string;
  /** The share of its characters outside ASCII that a text in this encoding usually has, 0 to 1. */
  readonly share: number;
}

export interface DecodedText {
  readonly text: string;
  /** As the Encoding Standard names it, e.g. `gb18030`. */
  readonly encoding: string;
}

/**
 * By the byte order mark, else ISO-2022-JP by its escapes, else as UTF-8 where it is valid, else by the charset that came with it or that an HTML page names, else by
 * what the characters would be: UTF-16 of either order, GB18030, Big5, Shift_JIS, EUC-KR, and last windows-1252, in which all bytes
 * are a text. Undefined for bytes that are no text.
 */
export function decodeText(bytes: Uint8Array, options: { readonly charset?: string } = {}): DecodedText | undefined {
  const encoding = encodingOf(bytes, options.charset);
  if (encoding === undefined) return undefined;
  const text = encoding === 'windows-1252' ? decodeWindows1252(bytes) : new TextDecoder(encoding).decode(bytes);
  return isText(text) ? { text, encoding } : undefined;
}

/** From 0x80 to 0x9F; the others are as in Latin-1, as which Node's decoder takes these too. source: Encoding Standard, index windows-1252 */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ';

function decodeWindows1252(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.replace(/[\u0080-\u009F]/gu, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] ?? character);
}

/** Of UTF-8 or UTF-16. */
export function hasByteOrderMark(bytes: Uint8Array): boolean {
  const [first, second, third] = bytes;
  if (first === 0xef) return second === 0xbb && third === 0xbf;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function encodingOf(bytes: Uint8Array, charset: string | undefined): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes[2] === 0 && bytes[3] === 0 ? undefined : 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  // Bytes of ASCII alone, and so valid UTF-8: nothing else has these sequences.
  if (isIso2022Jp(sample)) return 'iso-2022-jp';
  const hasNul = sample.includes(0);
  if (!hasNul && isValid(bytes, 'utf-8')) return 'utf-8';
  const named = [charset, metaCharset(bytes)].flatMap((label) => knownEncoding(label) ?? []);
  // UTF-8 was looked at; a damaged one still is UTF-8 where its sender and nothing else says so.
  const right = named.find((encoding) => isValid(sample, encoding) && isText(decodeSample(sample, encoding) ?? ''));
  if (right !== undefined) return right;
  if (hasNul) return bestOf(['utf-16le', 'utf-16be'], sample);
  return (
    bestOf(['gb18030', 'big5', 'shift_jis', 'euc-kr', 'utf-16le', 'utf-16be'], sample) ??
    damagedUtf8(sample) ??
    'windows-1252'
  );
}

/** Escapes to JIS X 0208, with no byte outside ASCII. source: RFC 1468 */
function isIso2022Jp(sample: Uint8Array): boolean {
  const bytes = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength);
  const escapes = ['\u001B$B', '\u001B$@'].some((escape) => bytes.includes(escape, 0, 'latin1'));
  return escapes && sample.every((byte) => byte < 0x80) && isValid(sample, 'iso-2022-jp');
}

/** The encoding whose characters look most like what people write; undefined where none does. */
function bestOf(encodings: readonly string[], sample: Uint8Array): string | undefined {
  const [best] = encodings
    .map((encoding): Candidate => ({ encoding, share: usualShare(sample, encoding) }))
    .filter(({ share }) => share > 0.7)
    .toSorted((a, b) => b.share - a.share);
  return best?.encoding;
}

function usualShare(sample: Uint8Array, encoding: string): number {
  const text = decodeSample(sample, encoding);
  if (text === undefined || text === '') return 0;
  const isUtf16 = encoding.startsWith('utf-16');
  const usual = usualCharacters(encoding);
  let all = 0;
  let known = 0;
  for (const character of text) {
    const isAscii = character < '\u{80}';
    // In the other encodings ASCII is ASCII for each candidate and tells nothing.
    if (isAscii && !isUtf16) continue;
    all++;
    if (isAscii ? /[\t\r\n -~]/u.test(character) : usual.has(character)) known++;
    // The most frequent characters of Chinese count again: two encodings may share what is usual, but not what is frequent.
    if (FREQUENT.has(character)) known += 0.2;
  }
  return all === 0 ? 0 : known / all;
}

/** source: the most frequent characters of modern Chinese, simplified and traditional, and the marks between sentences. */
const FREQUENT = new Set(
  '的一是不了在人有我他这这個个們们中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于着下自之年过過，。、；：？！“”「」（）のにはをたがでてと',
);

const usualSets = new Map<string, ReadonlySet<string>>();

/** Characters of the first level of an encoding's standard, which are ordered by use, and its marks and kana. */
function usualCharacters(encoding: string): ReadonlySet<string> {
  const known = usualSets.get(encoding);
  if (known !== undefined) return known;
  const set = new Set<string>();
  const add = (label: string, leads: readonly [number, number], trails: readonly [number, number]): void => {
    const decoder = new TextDecoder(label);
    for (let lead = leads[0]; lead <= leads[1]; lead++) {
      for (let trail = trails[0]; trail <= trails[1]; trail++) {
        const character = decoder.decode(Uint8Array.of(lead, trail));
        if (character !== '\u{fffd}' && Array.from(character).length === 1) set.add(character);
      }
    }
  };
  const isUtf16 = encoding.startsWith('utf-16');
  if (encoding === 'gb18030' || isUtf16) {
    add('gb18030', [0xa1, 0xa3], [0xa1, 0xfe]);
    add('gb18030', [0xb0, 0xd7], [0xa1, 0xfe]);
  }
  if (encoding === 'big5' || isUtf16) {
    add('big5', [0xa1, 0xa3], [0x40, 0xfe]);
    add('big5', [0xa4, 0xc6], [0x40, 0xfe]);
  }
  if (encoding === 'shift_jis' || isUtf16) {
    add('shift_jis', [0x81, 0x83], [0x40, 0xfc]);
    add('shift_jis', [0x88, 0x97], [0x40, 0xfc]);
  }
  if (encoding === 'euc-kr' || isUtf16) {
    add('euc-kr', [0xa1, 0xa1], [0xa1, 0xfe]);
    add('euc-kr', [0xb0, 0xc8], [0xa1, 0xfe]);
  }
  if (isUtf16)
    for (const code of Array.from({ length: 0x500 }, (_, index) => index + 0xa0)) set.add(String.fromCodePoint(code));
  usualSets.set(encoding, set);
  return set;
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

/** Undefined where it is not valid. The sample's last character may be cut. */
function decodeSample(sample: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true });
  } catch {
    return undefined;
  }
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
