/**
 * Guesses the encoding of bytes that are not UTF-8 and whose encoding is not declared. Import this only when needed: the detector's tables
 * take memory.
 */
import { detectAll } from 'jschardet';
import { decodeSample } from './encodings.js';

export interface DetectedEncoding {
  /** Name of the encoding in the Encoding Standard. */
  readonly encoding: string;
  readonly isUnsure?: true;
}

/** Number of bytes examined, from lines that are not ASCII. More bytes do not improve the guess. */
const EVIDENCE_BYTES = 8_192;
const BEFORE_BYTES = 100;
/**
 * A guess is unsure if it is below one of these: the detector's own confidence; its lead over the next candidate, for each character that
 * the two read differently; the number of bytes outside ASCII. Chosen on the first half of the texts in docs/performance-documents.md.
 */
const LEAST_CONFIDENCE = 0.02;
const LEAST_LEAD = 0.1;
const LEAST_BYTES = 4;
/** From this length on, a text may have been cut within a character. */
const CUT_BYTES = 200;
/**
 * With next to no evidence, the guess is Western European if its confidence is at least this share of the best one's, because most texts
 * with so few such letters are Western European.
 */
const WESTERN_SHARE = 0.6;

/**
 * Encodings by the detector's name in lower case. Encodings of mainframes, old home computers and the like are excluded, because no text
 * here uses them.
 */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ...['gb18030', 'big5', 'euc-kr', 'euc-jp', 'shift_jis'].map((name) => [name, name] as const),
  ...['koi8-r', 'koi8-u', 'ibm866', 'iso-8859-2', 'iso-8859-5', 'iso-8859-7'].map((name) => [name, name] as const),
  ...Array.from({ length: 9 }, (_, index) => [`windows-125${index}`, `windows-125${index}`] as const),
  ['gb2312', 'gb18030'],
  ['gbk', 'gb18030'],
  ['big5-hkscs', 'big5'],
  ['cp949', 'euc-kr'],
  ['euc-jis-2004', 'euc-jp'],
  ['shift_jis-2004', 'shift_jis'],
  ['cp932', 'shift_jis'],
  ['cp874', 'windows-874'],
  ['tis-620', 'windows-874'],
]);

/** Quotation marks, dashes and the ellipsis, which are the same in all windows-125x. In English texts they are often the only bytes outside ASCII. */
const TYPOGRAPHIC: ReadonlySet<number> = new Set([0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97]);

interface Reading {
  readonly encoding: string;
  readonly text: string;
  readonly confidence: number;
}

/** Returns undefined if no encoding fits. */
export function detectEncoding(sample: Uint8Array): DetectedEncoding | undefined {
  const evidence = evidenceOf(sample);
  const isWhole = sample.length < CUT_BYTES;
  const foreign = evidence.reduce((count, byte) => (byte > 0x7f ? count + 1 : count), 0);
  if (evidence.every((byte) => byte < 0x80 || TYPOGRAPHIC.has(byte))) return { encoding: 'windows-1252' };
  const readings = new Map<string, Reading>();
  for (const { encoding: name, confidence } of detectAll(evidence, { minimumThreshold: -1 })) {
    const encoding = ENCODINGS.get(name?.toLowerCase() ?? '');
    if (encoding === undefined || decodeSample(sample, encoding, { isWhole }) === undefined) continue;
    const text = decodeSample(evidence, encoding) ?? '';
    const believed = confidence * (1 - oddShare(text)) ** 2;
    // Encodings that decode to the same text count as one.
    const same = readings.get(text);
    readings.set(text, {
      text,
      encoding: same === undefined || encoding === 'windows-1252' ? encoding : same.encoding,
      confidence: Math.max(believed, same?.confidence ?? 0),
    });
  }
  const [best, ...others] = [...readings.values()].toSorted((a, b) => b.confidence - a.confidence);
  if (best === undefined) return undefined;
  if (foreign >= LEAST_BYTES && isSure(best, others)) return { encoding: best.encoding };
  const western = foreign >= LEAST_BYTES ? undefined : others.find(({ encoding }) => encoding === 'windows-1252');
  const isWestern = western !== undefined && western.confidence >= best.confidence * WESTERN_SHARE;
  return { encoding: isWestern ? western.encoding : best.encoding, isUnsure: true };
}

function isSure(best: Reading, others: readonly Reading[]): boolean {
  const characters = Array.from(best.text);
  const foreign = characters.filter((character) => character > '\u{7f}').length;
  if (best.confidence < LEAST_CONFIDENCE) return false;
  return others.every((other) => {
    const theirs = Array.from(other.text);
    const different =
      characters.length === theirs.length
        ? characters.filter((character, index) => character !== theirs[index]).length / foreign
        : 1;
    return 1 - other.confidence / best.confidence >= LEAST_LEAD * different;
  });
}

/** The lines that are not ASCII, each from shortly before its first such byte, so that no multi-byte character is cut there. */
function evidenceOf(sample: Uint8Array): Uint8Array {
  const lines: Uint8Array[] = [];
  let bytes = 0;
  let at = 0;
  while (bytes < EVIDENCE_BYTES) {
    const first = sample.subarray(at).findIndex((byte) => byte > 0x7f);
    if (first === -1) break;
    const start = Math.max(sample.lastIndexOf(0x0a, at + first) + 1, at, at + first - BEFORE_BYTES);
    const newline = sample.indexOf(0x0a, at + first);
    const lineEnd = newline === -1 ? sample.length : newline + 1;
    const end = Math.min(lineEnd, cutBefore(sample, start, start + EVIDENCE_BYTES - bytes));
    lines.push(sample.subarray(start, end));
    bytes += end - start;
    if (end < lineEnd) break;
    at = lineEnd;
  }
  return Buffer.concat(lines);
}

/** A position after a space or mark before the limit: these are never the second byte of a character. */
function cutBefore(sample: Uint8Array, start: number, limit: number): number {
  for (let end = limit; end > limit - 200 && end > start; end--) if ((sample[end - 1] ?? 0x80) < 0x30) return end;
  return limit;
}

const SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Hebrew', 'Arabic', 'Thai', 'Hangul'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);

/** Share of the characters outside ASCII that are in improbable words: with two scripts, a capital inside, or signs between letters. */
function oddShare(text: string): number {
  let all = 0;
  let odd = 0;
  for (const [word] of text.matchAll(/(?:[A-Za-z]|(?!\p{P}|\s)[^\0-\x7f])+/gu)) {
    const foreign = Array.from(word).filter((character) => character > '\u{7f}').length;
    all += foreign;
    if (foreign > 0 && isOdd(word)) odd += foreign;
  }
  return all === 0 ? 0 : odd / all;
}

function isOdd(word: string): boolean {
  if (SCRIPTS.filter((script) => script.test(word)).length > 1) return true;
  return /\p{Ll}\p{Lu}|\p{L}[\p{S}\p{No}]|[\p{S}\p{No}]\p{L}|\p{C}/u.test(word);
}
